"""Records in states that the Model does not have: their plugin is off, or the firm's list changed.

They are shown as they are, and can be edited; but out of such a state leads one way only, to the
state that it falls back to, since nothing is known any more of what else the plugin would allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import frozen

from crmkit.core.errors import Refused
from crmkit.core.expr import Everything
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.words import a

if TYPE_CHECKING:
    from crmkit.core.crm import Crm
    from crmkit.core.store import Reader


@frozen
class Origin:
    """What is known of a state that the Model does not have."""

    plugin: str
    """Who brought it; '' where nobody knows."""
    fallback: str
    """The state its records may move to; '' for any."""

    @property
    def way_back(self) -> str:
        """How it comes back."""
        from crmkit.core.custom import NAME

        if self.plugin == NAME:
            return "the firm's own list of stages does not have it any more"
        return f"plugin {self.plugin} is off: crmkit plugin enable {self.plugin} brings it back"


def origin(reader: Reader, model: EntityModel, by: Field, state: str) -> Origin:
    """Return where a state that the Model does not have comes from."""
    assert by.flow is not None
    for plugin, note in reader.notes().items():
        for entity, key, code, fallback in note.states:
            if (entity, key, code) == (model.name, by.key, state):
                stands = by.flow.state(fallback) is not None
                return Origin(plugin, fallback if stands else by.flow.states[0].code)
    return Origin("", "")


def demand_fallback(
    reader: Reader, model: EntityModel, by: Field, source: str, target: str
) -> None:
    """Refuse to move a record out of a state that is gone to any but the state it falls back to."""
    assert by.flow is not None
    if source == target or by.flow.state(source) is not None:
        return
    found = origin(reader, model, by, source)
    if found.fallback and target != found.fallback:
        raise Refused(
            f"from {source} {a(model.label.lower())} can only go to {found.fallback}; "
            f"{found.way_back}"
        )


def told(crm: Crm) -> Iterator[str]:
    """Yield how many records are in states that are gone, and what to do about them."""
    with crm.store.reader() as reader:
        for model in crm.model.entities.values():
            for by in model.flows:
                if by.flow is None or by.facet:
                    continue
                for found in reader.board(model, by, Everything()):
                    if by.flow.state(found.state) is None and found.count:
                        known = origin(reader, model, by, found.state)
                        yield _line(model, found.state, found.count, known)


def _line(model: EntityModel, state: str, count: int, known: Origin) -> str:
    many = f"{count:,} {(model.label if count == 1 else model.plural).lower()}"
    said = f"{many} in the state {state}, which is not there"
    if known.plugin:
        said += f" ({known.way_back})"
    return f"{said}; move them to {known.fallback or 'another state'}"
