"""Somebody saved first: what he made of a record, what I make of it, and what both began with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crmkit.core.entity import Record
from crmkit.core.errors import Conflict
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.store import Reader

if TYPE_CHECKING:
    from crmkit.core.unit import Unit


def conflict(
    unit: Unit, model: EntityModel, theirs: Record, mine: Mapping[Field, Any], version: int,
    base: Record | None = None,
) -> Conflict:  # fmt: skip
    """Return the error that tells the sides, of the fields that one of them changed.

    `base` is what mine was read as; without it the journal says what there was at `version`. All
    three are told as the actor sees them: a field that he may not read is empty in each.
    """
    seen = unit.session.masked(model, theirs)
    hidden = set(unit.rights.hidden(model))
    before = _values_at(unit.writer, model, theirs, version) if base is None else base
    began = {f: f.blank() if f in hidden else before.get(f) for f in model.fields}
    touched = [f for f in model.fields if f in mine or began[f] != seen.get(f)]
    return Conflict(
        f"{model.label.lower()} {theirs.id} was changed by somebody else "
        f"(version {theirs.version}, yours is {version})",
        mine={f.key: mine.get(f, began[f]) for f in touched},
        theirs={f.key: seen.get(f) for f in touched},
        base={f.key: began[f] for f in touched},
        record=seen,
    )


def _values_at(
    reader: Reader, model: EntityModel, now: Record, version: int
) -> dict[Field, Any]:  # fmt: skip
    """Return a record's values at an earlier version, from the journal."""
    values = {f: now.get(f) for f in model.fields}
    steps = max(0, now.version - version)
    commits = reader.commits(limit=steps, entity=model.name, record=now.id) if steps else []
    undone = [c for commit in commits for c in reversed(commit.changes)][:steps]
    for change in undone:
        for key, was in change.before.items():
            if key in model.by_key:
                values[model.by_key[key]] = model.by_key[key].undump(was)
    return values
