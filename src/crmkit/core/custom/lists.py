"""What people do to the firm's own lists and their columns: steps, as those in `steps`."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from crmkit.core.custom import editing
from crmkit.core.custom.parts import Custom, CustomColumns, CustomView
from crmkit.core.custom.steps import Step
from crmkit.core.errors import Refused
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.session import Session


def set_view(
    session: Session, entity: str, label: str, *, filter: str = "", sort: str = "",
    columns: Sequence[str] = (), board: bool = False, own: bool = False, replace: bool = False,
) -> Step:  # fmt: skip
    """Save a list under a name, for everybody or for the actor alone; Refused where it is there.

    With `replace` it takes the place of the one of that name.
    """
    model = session.model.entity(entity)
    session.check_filter(model.name, filter)
    session.sorting(model, sort)
    if board:
        model.flow_field()
    new = editing.made(
        CustomView, entity=model.name, label=label, filter=filter, sort=sort, board=board,
        columns=names(model, columns), user=session.actor.name if own else "",
    )  # fmt: skip
    whose = " for you alone" if own else ""

    def change(found: Custom) -> Custom:
        twin = next((v for v in found.views if _same_list(v, new)), None)
        if twin is None:
            return editing.put(found, new)
        if not replace:
            raise Refused(f"{model.plural} have a list {twin.label} already; give this one another "
                          "name, or replace that (--replace)")  # fmt: skip
        return evolve(found, views=tuple(new if v is twin else v for v in found.views))

    return Step(
        f"{model.plural}: {label} is saved{whose}",
        change,
        ident=new.ident,
    )


def _same_list(one: CustomView, other: CustomView) -> bool:
    """Whether people take two lists for the same: big and small letters are alike."""
    there = [(v.entity, fold(v.label), v.user) for v in (one, other)]
    return there[0] == there[1]


def remove_view(session: Session, entity: str, label: str, *, own: bool = False) -> Step:
    """Take a list away."""
    model = session.model.entity(entity)
    ident = (model.name, label, session.actor.name if own else "")
    return Step(
        f"{model.plural}: {label} is gone",
        lambda found: editing.without(found, CustomView, ident),
    )


def names(model: EntityModel, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the short names of the fields that columns name; Invalid for one that is none."""
    return tuple(dict.fromkeys(model.short(model.field(c.strip())) for c in columns if c.strip()))


def set_columns(session: Session, entity: str, columns: Sequence[str]) -> Step:
    """Say which columns an entity's lists have where no view names others; none: its own."""
    model = session.model.entity(entity)
    wanted = names(model, columns)

    def change(found: Custom) -> Custom:
        if wanted:
            return editing.put(found, CustomColumns(entity=model.name, columns=wanted))
        return evolve(found, columns=tuple(c for c in found.columns if c.entity != model.name))

    said = ", ".join(wanted) if wanted else "as they come out of the box"
    return Step(f"{model.plural}: the columns are {said}", change)
