"""What is no duplicate: pairs of records that somebody looked at and kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from crmkit.api import Context, Invalid, Item, Link, Match, Pair, Record, entity, params, ref, refs

ENTITIES = ("contact", "lead", "account", "client", "prospect")
_ALL = 1_000_000


def both_named(pair: Distinction) -> str:
    """Return what a pair is called."""
    return f"{pair.first} is not {pair.second}"


@entity("distinction", title=both_named, label="Distinction", hidden=True)
class Distinction(Record):
    """Two records that look alike and are not the same."""

    first: Link = ref("First", *ENTITIES)
    second: Link = ref("Second", *ENTITIES)


def others_of(of: str) -> type[Any]:
    """Return the parameters of `distinct` for an entity: the records that it is not."""

    @params
    class Others:
        """The records that it is not the same as."""

        others: tuple[Item, ...] = refs("Others", of, help="The records that it is not.")

    return Others


def keep_apart(record: Record, ctx: Context, said: Any) -> str:
    """Remember that a record is none of the others; Invalid where none is named."""
    name = record.spec.name
    others = [item.value for item in said.others if item.value != record.id]
    if not others:
        raise Invalid({"others": "name the record that it is not the same as"})
    with ctx.granted():
        for id in others:
            if ctx.get(name, id) is None:
                raise Invalid({"others": f"there is no {name} {id}"})
            if not _apart(name, record.id, ctx) & {id}:
                low, high = sorted((record.id, id))
                ctx.add("distinction", first=Link(name, low), second=Link(name, high))
    return f"{record.title}: kept apart from {', '.join(map(str, others))}"


def _apart(entity: str, id: int, ctx: Context) -> set[int]:
    """Return the records that a record was kept apart from."""
    me = Link(entity, id)
    found = ctx.find("distinction", f"first:{me} or second:{me}", limit=_ALL)
    ends = [end for d in found for end in (d.first, d.second)]  # type: ignore[attr-defined]
    return {end.id for end in ends if end.entity == entity} - {id}


def not_kept_apart(matches: Iterable[Match], record: Record, ctx: Context) -> list[Match]:
    """Return the matches that nobody has kept apart from a record."""
    name = record.spec.name
    apart = _apart(name, record.id, ctx) if record.id else set()
    return [m for m in matches if m.entity != name or m.id not in apart]


def still_open(pairs: Sequence[Pair], entity: str, ctx: Context) -> list[Pair]:
    """Return the pairs of an entity that nobody has kept apart."""
    found = ctx.find("distinction", f"first:{entity}", limit=_ALL)
    known = {(d.first.id, d.second.id) for d in found}  # type: ignore[attr-defined]
    return [p for p in pairs if tuple(sorted((p.first, p.second))) not in known]
