"""The journal's tables: appending commits, and reading them back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import define, evolve, field, frozen

from crmkit.core.errors import CrmError, Unreadable
from crmkit.core.journal import Change, Commit, canonical
from crmkit.core.kinds.base import Column
from crmkit.sql.core_tables import CoreTables
from crmkit.sql.failures import Undecodable

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.writer import SqlWriter

_COMMIT = (
    "id", "chain", "seq", "at", "actor", "actor_name", "via", "label", "undoes", "size", "prev",
    "hash",
)  # fmt: skip
_CHANGE = (
    "id", "commit", "entity", "record", "op", "title", "before", "after", "salt", "digest",
)  # fmt: skip
_MOST = 1 << 53
"""No number of the journal is as large."""


@define
class Running:
    """The journal of a transaction: its commit's id, and what was written of it so far."""

    id: int
    first: int
    digests: list[str] = field(factory=list)


def record(writer: SqlWriter, changes: Sequence[Change]) -> list[Change]:
    """Write changes of the commit that will be appended next; return them sealed."""
    running = writer.running
    if running is None:
        newest = writer.statements.get("newest", lambda: _newest(writer.store.tables.core))
        running = writer.running = Running(*writer.lane.one(newest, newest.bind({})))
    sealed = [change.sealed(running.id) for change in changes]
    at = running.first + len(running.digests)
    rows = [_change_row(at + n, change) for n, change in enumerate(sealed)]
    statement = writer.statements.insert(writer.store.tables.core.change, _CHANGE)
    if len(rows) == 1:
        writer.lane.change(statement, rows[0])
    elif rows:
        writer.lane.change_many(statement, rows)
    running.digests += [change.digest for change in sealed]
    return sealed


def append(writer: SqlWriter, draft: Commit) -> Commit:
    """Append a commit behind the last one of its chain; return it with its id."""
    core = writer.store.tables.core
    sealed = record(writer, draft.changes)
    running = writer.running
    assert running is not None
    whole = draft.chained(last_commit(writer, draft.chain), running.digests)
    encode = writer.store.dialect.encode
    writer.lane.change(
        writer.statements.insert(core.commit, (*_COMMIT, "first")),
        (
            running.id, whole.chain, whole.seq, encode(Column.MOMENT, whole.at), whole.actor,
            whole.actor_name, whole.via, whole.label, whole.undoes, whole.size, whole.prev,
            whole.hash, running.first,
        ),
    )  # fmt: skip
    writer.running = None
    return evolve(whole, id=running.id, changes=tuple(sealed))


def redact(writer: SqlWriter, commit: Commit, changes: Sequence[Change]) -> None:
    """Write a commit's label and changes of it, as they are to be read from now on.

    Salts go, so that what stays beside a digest cannot be tried against it.
    """
    core = writer.store.tables.core
    label = writer.statements.get("redact commit", lambda: _rewrite(core.commit, ("label",)))
    writer.lane.change(label, label.bind({"key": commit.id, "new_label": commit.label}))
    names = ("title", "before", "after", "salt")
    values = writer.statements.get("redact change", lambda: _rewrite(core.change, names))
    rows = [
        values.bind(
            {
                "key": change.id, "new_title": change.title, "new_salt": change.salt,
                "new_before": _encoded(change.before), "new_after": _encoded(change.after),
            }
        )
        for change in changes
    ]  # fmt: skip
    if rows:
        writer.lane.change_many(values, rows)


def _rewrite(table: sa.Table, names: Sequence[str]) -> sa.Update:
    new = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    key = sa.bindparam("key", type_=table.c.id.type)
    return table.update().where(table.c.id == key).values(new)


def _encoded(values: Mapping[str, Any]) -> str | None:
    return canonical(values).decode("utf-8", "surrogatepass") if values else None


def _newest(core: CoreTables) -> sa.Select[Any]:
    """Return the select of the next ids of a commit and of a change; one writer at a time asks."""
    return sa.select(
        *(
            sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
            for table in (core.commit, core.change)
        )
    )


def _change_row(id: int, change: Change) -> tuple[Any, ...]:
    assert change.texts is not None
    before, after = change.texts
    return (
        id, change.commit, change.entity, change.record, change.op, change.title,
        before if change.before else None, after if change.after else None,
        change.salt, change.digest,
    )  # fmt: skip


@frozen
class Asked:
    """Which commits are asked for."""

    limit: int
    before: int | None
    after: int | None
    entity: str
    record: int
    actor: int | None
    ascending: bool

    @property
    def shape(self) -> tuple[bool, ...]:
        """What the statement depends on."""
        return (
            self.before is not None, self.after is not None, bool(self.entity), bool(self.record),
            self.actor is not None, self.ascending,
        )  # fmt: skip

    @property
    def values(self) -> dict[str, Any]:
        """The parameters."""
        return {
            "most": self.limit, "before": self.before, "after": self.after,
            "entity": self.entity, "record": self.record, "actor": self.actor,
        }  # fmt: skip


def commits(reader: SqlReader, asked: Asked) -> list[Commit]:
    """Return commits, newest first unless ascending; Unreadable for one that somebody broke."""
    try:
        return _asked(reader, asked)
    except Undecodable as error:
        raise _located(reader, asked, error) from None


def _asked(reader: SqlReader, asked: Asked) -> list[Commit]:
    core = reader.store.tables.core
    statement = reader.statements.get(("commits", asked.shape), lambda: _commits(core, asked))
    rows = reader.lane.rows(statement, statement.bind(asked.values))
    found = [_commit(reader, row) for row in rows]
    if not (asked.entity and asked.record) or not found:
        return found
    query = _changes(core).where(
        core.change.c.entity == sa.bindparam("entity", type_=sa.Text()),
        core.change.c.record == sa.bindparam("record", type_=core.change.c.record.type),
        core.change.c.commit.between(
            sa.bindparam("low", type_=core.change.c.commit.type),
            sa.bindparam("high", type_=core.change.c.commit.type),
        ),
    )
    ids = [c.id for c in found]
    of_record = reader.statements.get("changes of a record", lambda: query)
    values = {"entity": asked.entity, "record": asked.record, "low": min(ids), "high": max(ids)}
    by_commit: dict[int, list[Change]] = {}
    for row in reader.lane.rows(of_record, of_record.bind(values)):
        by_commit.setdefault(row[1], []).append(_change(row))
    return [evolve(c, changes=tuple(by_commit.get(c.id, ()))) for c in found]


def _located(reader: SqlReader, asked: Asked, error: Undecodable) -> CrmError:
    """Return the error that names the commit of which a text is no text."""
    table = reader.store.tables.core.commit
    query = sa.select(table.c.id).where(table.c.id > (asked.after or 0)).order_by(table.c.id)
    ids = [row[0] for row in reader.run(query)]
    for look in (_head, commit):
        for id in ids:
            try:
                look(reader, id)
            except Unreadable as found:
                return found
    return error


def _commits(core: CoreTables, asked: Asked) -> sa.Select[Any]:
    table = core.commit
    whole = table.c.id.type
    query = sa.select(*(table.c[name] for name in _COMMIT))
    if asked.entity:
        change = core.change
        touched = sa.select(change.c.commit).where(
            change.c.entity == sa.bindparam("entity", type_=sa.Text())
        )
        if asked.record:
            touched = touched.where(change.c.record == sa.bindparam("record", type_=whole))
        query = query.where(table.c.id.in_(touched))
    if asked.before is not None:
        query = query.where(table.c.id < sa.bindparam("before", type_=whole))
    if asked.after is not None:
        query = query.where(table.c.id > sa.bindparam("after", type_=whole))
    if asked.actor is not None:
        query = query.where(table.c.actor == sa.bindparam("actor", type_=whole))
    order = table.c.id.asc() if asked.ascending else table.c.id.desc()
    return query.order_by(order).limit(sa.bindparam("most", type_=sa.Integer()))


def _changes(core: CoreTables) -> sa.Select[Any]:
    return sa.select(*(core.change.c[name] for name in _CHANGE)).order_by(core.change.c.id)


def commit(reader: SqlReader, id: int) -> Commit | None:
    """Return a commit with all its changes; Unreadable for one that somebody broke."""
    found = _head(reader, id)
    if found is None:
        return None
    head, first = found
    core = reader.store.tables.core
    type_ = core.change.c.id.type
    inside = reader.statements.get(
        "changes",
        lambda: _changes(core).where(
            core.change.c.id.between(
                sa.bindparam("low", type_=type_), sa.bindparam("high", type_=type_)
            )
        ),
    )
    try:
        rows = reader.lane.rows(inside, (first, first + head.size - 1))
    except Undecodable as error:
        raise Unreadable(str(error), commit=id) from None
    return evolve(head, changes=tuple(map(_change, rows)))


def _head(reader: SqlReader, id: int) -> tuple[Commit, int] | None:
    """Return a commit without its changes, and the number of the first of them."""
    core = reader.store.tables.core
    one = reader.statements.get(
        "commit",
        lambda: sa.select(*(core.commit.c[name] for name in _COMMIT), core.commit.c.first).where(
            core.commit.c.id == sa.bindparam("id", type_=core.commit.c.id.type)
        ),
    )
    try:
        row = reader.lane.one(one, (id,))
    except Undecodable as error:
        raise Unreadable(str(error), commit=id) from None
    if row is None:
        return None
    _demand_whole(id, first=row[-1])
    return _commit(reader, row[:-1]), row[-1]


def last_commit(reader: SqlReader, chain: str) -> Commit | None:
    """Return the newest commit of a chain, without its changes."""
    table = reader.store.tables.core.commit
    statement = reader.statements.get(
        "last commit",
        lambda: (
            sa.select(*(table.c[name] for name in _COMMIT))
            .where(table.c.chain == sa.bindparam("chain", type_=sa.Text()))
            .order_by(table.c.id.desc())
            .limit(sa.literal_column("1"))
        ),
    )
    row = reader.lane.one(statement, statement.bind({"chain": chain}))
    return _commit(reader, row) if row else None


def _commit(reader: SqlReader, row: Sequence[Any]) -> Commit:
    values = dict(zip(_COMMIT, row, strict=True))
    try:
        values["at"] = reader.store.dialect.decode(Column.MOMENT, values["at"])
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(f"its time cannot be read ({error})", commit=values["id"]) from None
    _demand_whole(values["id"], seq=values["seq"], size=values["size"])
    return Commit(**values)


def _demand_whole(id: int, **numbers: Any) -> None:
    """Raise Unreadable where a number cannot be one: SQLite keeps whatever it is given."""
    for name, value in numbers.items():
        if not isinstance(value, int) or not 0 <= value <= _MOST:
            raise Unreadable(f"its {name} cannot be {value!r}", commit=id)


def _change(row: Sequence[Any]) -> Change:
    values = dict(zip(_CHANGE, row, strict=True))
    for side in ("before", "after"):
        values[side] = _decoded(values, side) if values[side] else {}
    return Change(**values)


def _decoded(values: Mapping[str, Any], side: str) -> dict[str, Any]:
    try:
        found = json.loads(values[side])
        if not isinstance(found, dict):
            raise ValueError("they are no JSON object")
    except (TypeError, ValueError, RecursionError) as error:
        raise Unreadable(
            f"the values of {values['entity']} {values['record']} {side} it cannot be read "
            f"({error})", commit=values["commit"],
        ) from None  # fmt: skip
    return found


def faults(reader: SqlReader) -> list[str]:
    """Return where changes do not lie in their commits: one was put in, moved or taken out."""
    core = reader.store.tables.core
    head, change = core.commit, core.change
    inside = change.c.id.between(head.c.first, head.c.first + head.c.size - 1)
    placed = change.join(head, sa.and_(head.c.id == change.c.commit, inside))
    count = sa.func.count()
    announced = reader.run(sa.select(sa.func.coalesce(sa.func.sum(head.c.size), 0)))[0][0]
    there = reader.run(sa.select(count).select_from(change))[0][0]
    if there != announced:
        return [f"the journal has {there} changes, its commits have {announced}"]
    if reader.run(sa.select(count).select_from(placed))[0][0] != there:
        return ["the journal has changes that are not in their commit's place"]
    return []
