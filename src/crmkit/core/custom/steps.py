"""What people do to the firm's own: each step is checked against the data, then it is a change.

The shell and the screens go through these, so that both allow, refuse and say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from crmkit.core.custom import editing
from crmkit.core.custom.doubts import unknown_in
from crmkit.core.custom.parts import (
    Custom,
    CustomField,
    CustomRole,
    CustomStage,
    Ident,
    Part,
)
from crmkit.core.custom.plugin import NAME
from crmkit.core.declare import Deny, Grant
from crmkit.core.errors import Denied, Invalid, Refused, Usage
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.policy import Rule
from crmkit.core.session import Session
from crmkit.core.workflow import Workflow

if TYPE_CHECKING:
    from crmkit.core.custom.converting import Conversion

Change = Callable[[Custom], Custom]


@frozen
class Step:
    """A change, and what is said once it is made.

    `plugin` is one that it switches on, `ident` the part that it makes, `conversion` a field that
    gets another kind.
    """

    said: str
    change: Change
    plugin: str = ""
    ident: Ident = ()
    conversion: Conversion | None = None


def may(session: Session) -> bool:
    """Whether the actor may change what the firm adds."""
    return any(not r.deny and r.covers(NAME, "update") for r in session.rights.rules)


def demand(session: Session) -> None:
    """Raise Denied unless the actor may change what the firm adds."""
    if not may(session):
        raise Denied(
            f"{session.actor.name} may not change what the firm adds: the grant "
            "custom.update is missing", grant="custom.update",
        )  # fmt: skip


# Fields ---------------------------------------------------------------------------------------


def add_field(session: Session, entity: str, name: str, **said: Any) -> Step:
    """Add a field; `said` is what a CustomField takes. Without a name it gets one of its label."""
    model = session.model.entity(entity)
    targets = tuple(session.model.entity(t).name for t in said.pop("targets", ()))
    name = name or code_of(fold(said.get("label", ""))).lower()
    new = editing.made(CustomField, entity=model.name, name=name, targets=targets, **said)
    if name in model.by_key and f"{NAME}.{name}" not in model.by_key:
        raise Refused(f"{model.name} has a field {name} already")
    return Step(
        f"{model.label} has the field {name}",
        lambda found: editing.added(found, new),
        ident=new.ident,
    )


def change_field(session: Session, entity: str, name: str, **changes: Any) -> Step:
    """Change what a field is called, what may be chosen, or where it is shown."""
    model = session.model.entity(entity)
    if not changes:
        raise Usage(
            "say what to change: --label, --kind, --choices, --help-text, --search, --shown or "
            "--personal"
        )
    if "options" in changes and f"{NAME}.{name}" in model.by_key:
        _demand_unused(session, model, name, changes["options"])
    return Step(
        f"{model.label}: {name} is changed",
        lambda found: editing.changed(found, CustomField, (model.name, name), **changes),
    )


def _demand_unused(session: Session, model: EntityModel, name: str, options: Sequence[str]) -> None:
    """Refuse to take away a choice that records hold."""
    known = model.field(f"{NAME}.{name}").kind.describe().get("options", {})
    for code in sorted(set(known) - set(options)):
        text = code.replace('"', "")
        if count := session.count(model.name, f'{NAME}.{name}:"{text}"'):
            raise Refused(f"{count} {model.plural.lower()} are {code!r}; change those first")


def retire_field(session: Session, entity: str, name: str, retired: bool = True) -> Step:
    """Hide a field everywhere, its values kept; or show it again."""
    model = session.model.entity(entity)
    done = "retired; its values are kept" if retired else "back"
    return Step(
        f"{model.label}: {name} is {done}",
        lambda found: editing.changed(
            found, CustomField, (model.name, name), retired=retired
        ),
    )  # fmt: skip


def shift(session: Session, one: Part, step: int) -> Step:
    """Put a part some places later (or earlier) among its like."""
    if isinstance(one, CustomStage):
        codes = _codes(session, one.entity)
        ident = one.ident
        return Step(
            f"{one.code} is in another place",
            lambda found: editing.restaged(found, ident[0], codes, ident, step),
        )
    cls, ident = type(one), one.ident
    return Step(
        f"{ident[-1] or ident[-2]} is in another place",
        lambda found: editing.shifted(found, cls, ident, step),
    )


# Stages ---------------------------------------------------------------------------------------


def _codes(session: Session, entity: str) -> tuple[str, ...]:
    flow = session.model.entity(entity).flow_field().flow
    assert flow is not None
    return tuple(flow.codes())


def stage_named(model: EntityModel, text: str) -> str:
    """Return the code of a stage that is called so."""
    from crmkit.core.rules import state_named

    return state_named(model, model.flow_field(), text)


def code_of(label: str) -> str:
    """Return what filters call a stage of some label."""
    return re.sub(r"[^A-Z0-9]+", "_", label.upper()).strip("_")


def add_stage(
    session: Session, entity: str, label: str, *, after: str = "", outcome: str = "open",
    code: str = "",
) -> Step:  # fmt: skip
    """Add a stage behind another, or behind the last of its outcome: an open one before those
    that end the work."""
    model = session.model.entity(entity)
    flow = model.flow_field().flow
    assert flow is not None
    likely = (*flow.codes(), *flow.codes(outcome))[-1]  # type: ignore[arg-type]
    before = stage_named(model, after) if after else likely
    _demand_place(flow, before, outcome)
    built_in = {s.code for s in flow.states if s.owner != NAME}
    new = editing.made(
        CustomStage, entity=model.name, code=code or code_of(label), label=label, after=before,
        fallback=before if before in built_in else flow.states[0].code, outcome=outcome,
        glyph="◇",
    )  # fmt: skip
    return Step(
        f"{model.label}: {new.code} comes after {before}",
        lambda found: editing.added(found, new),
        ident=new.ident,
    )


def _demand_place(flow: Workflow, before: str, outcome: str) -> None:
    """Refuse an open stage behind one that ends the work."""
    state = flow.state(before)
    if outcome == "open" and state is not None and state.outcome != "open":
        raise Refused(
            f"{state.label} ends the work ({state.outcome}), and no open stage comes after it; for "
            f"another end of the work say --outcome won or lost"
        )


def change_stage(
    session: Session, entity: str, name: str, *, label: str = "", after: str = ""
) -> Step:
    """Rename a stage, or move it to another place."""
    model = session.model.entity(entity)
    code = stage_named(model, name)
    before = stage_named(model, after) if after else ""
    if not (label or before) or before == code:
        raise Usage("say what to change: --label or --after another stage")
    order = [c for c in _codes(session, entity) if c != code]
    flow = model.flow_field().flow
    assert flow is not None
    state = flow.state(code)
    if before and state is not None:
        _demand_place(flow, before, state.outcome)
        order.insert(order.index(before) + 1, code)

    def change(found: Custom) -> Custom:
        if label:
            found = editing.changed(found, CustomStage, (model.name, code), label=label)
        editing.part(found, CustomStage, (model.name, code))
        return editing.chained(found, model.name, order) if before else found

    return Step(f"{model.label}: {code} is changed", change)


def retire_stage(session: Session, entity: str, name: str) -> Step:
    """Take a stage off the board; Refused while records are in it."""
    model = session.model.entity(entity)
    code = stage_named(model, name)
    if left := records_in(session, model, code):
        count, titles = left
        such = f" ({', '.join(titles)}{', ...' if count > len(titles) else ''})"
        raise Refused(
            f"{count} {model.plural.lower()} are in {code}{such}; move those first: "
            f"{model.flow_field().name}:{code} finds them"
        )

    def change(found: Custom) -> Custom:
        order = [c for c in _codes(session, entity) if c != code]
        gone = editing.changed(found, CustomStage, (model.name, code), retired=True)
        return editing.chained(gone, model.name, order)

    return Step(f"{model.label}: {code} is retired", change)


def records_in(session: Session, model: EntityModel, code: str) -> tuple[int, list[str]] | None:
    """Return how many records are in a stage, and the titles of some; None for none."""
    wanted = f"{model.flow_field().key}:{code}"
    count = session.count(model.name, wanted)
    if not count:
        return None
    return count, [record.title for record in session.find(model.name, wanted, limit=3)]


def stage_kept(custom: Custom, entity: str, name: str) -> CustomStage:
    """Return a stage that the file has, retired or not, by its code or its label."""
    code = code_of(name)
    mine = [s for s in custom.stages if s.entity == entity]
    called = [s for s in mine if code in (s.code, code_of(s.label))]
    return called[0] if called else editing.part(custom, CustomStage, (entity, code))


def revive_stage(session: Session, entity: str, name: str) -> Step:
    """Bring a stage back that was retired, behind the one it came after if that is there."""
    model = session.model.entity(entity)
    codes = _codes(session, entity)
    code = code_of(name)

    def change(found: Custom) -> Custom:
        old = editing.part(found, CustomStage, (model.name, code))
        after = old.after if old.after in codes else codes[-1]
        at = codes.index(after) + 1
        back = editing.changed(found, CustomStage, old.ident, retired=False, after=after)
        kept = (*codes[:at], code, *codes[at:])
        return editing.chained(back, model.name, list(dict.fromkeys(kept)))

    return Step(f"{model.label}: {code} is back", change)


# Roles ----------------------------------------------------------------------------------------


def set_role(
    session: Session, name: str, grants: Sequence[str], denies: Sequence[str] = (), label: str = ""
) -> Step:
    """Make a role of grants, or give it others; without any it goes.

    Denied for grants that the actor has not himself, and for a role that he has.
    """
    given: list[Grant | Deny] = [*map(Grant, grants), *map(Deny, denies)]
    rules = [Rule.read(rule, name) for rule in given]
    _demand_known(session, rules)
    _demand_own(session, name, rules)
    new = editing.made(CustomRole, name=name, label=label, grants=grants, denies=denies)

    def change(found: Custom) -> Custom:
        if rules:
            return editing.put(found, new)
        return evolve(found, roles=tuple(r for r in found.roles if r.name != name))

    said = f"role {name}: {len(grants)} grants, {len(denies)} denials"
    return Step(said, change, ident=new.ident)


def _demand_known(session: Session, rules: Sequence[Rule]) -> None:
    """Refuse rules that name what is not there."""
    if wrong := [said for rule in rules for said in unknown_in(rule, session.model)]:
        raise Invalid("; ".join(wrong))


def _demand_own(session: Session, name: str, rules: Sequence[Rule]) -> None:
    own = everywhere(session)
    if any((r.entity, r.verb) == ("*", "*") for r in own):
        return
    if name in session.actor.roles:
        raise Denied(
            f"{session.actor.name} has the role {name} himself; an admin changes it",
            grant="custom.update",
        )
    for rule in rules:
        if not rule.deny and not any(r.covers(rule.entity, rule.verb) for r in own):
            raise Denied(
                f"{session.actor.name} may not give {rule.text}, which he does not have himself",
                grant=rule.text,
            )


def everywhere(session: Session) -> list[Rule]:
    """Return the actor's grants that hold for all records and fields."""
    return [r for r in session.rights.rules if not r.deny and r.scope == "all" and not r.field]


# Plugins --------------------------------------------------------------------------------------


def switch_plugin(name: str, on: bool, built_in: bool) -> Step:
    """Switch a plugin on or off; its data is kept."""

    def change(found: Custom) -> Custom:
        enabled = tuple(n for n in found.enabled if n != name)
        disabled = tuple(n for n in found.disabled if n != name)
        if on:
            return evolve(
                found, enabled=enabled if built_in else (*enabled, name), disabled=disabled
            )
        return evolve(found, enabled=enabled, disabled=(*disabled, name))

    done = "is on" if on else "is off, its data is kept"
    return Step(f"plugin {name} {done}", change, plugin=name if on else "")
