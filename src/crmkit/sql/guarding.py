"""The triggers by which a database keeps its journal as it is, and those that are not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crmkit.sql import folding
from crmkit.sql.types import Dialect

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.writer import SqlWriter

TABLES = ("crm_commit", "crm_change")
_KEPT = "the journal is kept as it is: its rows cannot be changed or deleted"
_BODY = f" BEGIN RAISE EXCEPTION '{_KEPT}'; END "
_BEFORE_ALL = 2 + 8 + 16 + 32
"""What PostgreSQL keeps of a trigger: before a statement that updates, deletes or truncates."""

_TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
        AND t.tgtype = %s AND p.proname = 'crm_keep' AND p.prosrc = %s
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"""
_RULES = """
    SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE r.rulename <> '_RETURN' AND c.relnamespace = current_schema()::regnamespace"""
_FOLD = """
    SELECT prosrc, prosecdef FROM pg_proc
    WHERE proname = 'crm_fold' AND pronamespace = current_schema()::regnamespace"""
_VIEWS = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('v', 'm') AND relnamespace = current_schema()::regnamespace"""


def ddl(dialect: Dialect) -> list[str]:
    """Return the SQL that makes the journal append-only."""
    if dialect.sqlite:
        return list(_sqlite().values())
    return [
        f"CREATE FUNCTION crm_keep() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$",
        *(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION crm_keep()"
            for table in TABLES
        ),
    ]


def _sqlite() -> Mapping[str, str]:
    return {
        f"{table}_no_{verb}": f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        for table in TABLES
        for verb in ("update", "delete")
    }


@contextmanager
def unguarded(writer: SqlWriter) -> Iterator[None]:
    """Let rows of the journal be changed in this transaction; nobody else's ever sees that."""
    if writer.store.dialect.sqlite:
        guards = {name: sql for name, sql in _sqlite().items() if name.endswith("_update")}
        for name in guards:
            writer.lane.sql(f"DROP TRIGGER {name}")
        yield
        for sql in guards.values():
            writer.lane.sql(sql)
        return
    for table in TABLES:
        writer.lane.sql(f"ALTER TABLE {table} DISABLE TRIGGER {table}_keep")
    yield
    for table in TABLES:
        writer.lane.sql(f"ALTER TABLE {table} ENABLE TRIGGER {table}_keep")


def faults(reader: SqlReader) -> list[str]:
    """Return what acts in the database by itself and is not ours, and what guards lack.

    A trigger or a rule that was put in does its work in everybody's transactions, and what it
    writes is in no journal.
    """
    return list(_on_sqlite(reader) if reader.store.dialect.sqlite else _on_server(reader))


def _on_sqlite(reader: SqlReader) -> Iterator[str]:
    rows = reader.lane.sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
    )
    guards, views = dict(_sqlite()), set[str]()
    for kind, name, table, sql in rows:
        if kind == "view":
            views.add(name)
        elif name not in guards:
            yield _strange("trigger", name, table)
        elif guards.pop(name) != sql:
            yield _weak(name)
    yield from map(_weak, guards)
    yield from _in_place(reader, views)


def _on_server(reader: SqlReader) -> Iterator[str]:
    ask = reader.lane.sql
    guards = {(table, f"{table}_keep") for table in TABLES}
    for table, name, whole in ask(_TRIGGERS, (_BEFORE_ALL, _BODY)):
        if (table, name) not in guards:
            yield _strange("trigger", name, table)
        elif whole:
            guards.discard((table, name))
    yield from (_weak(name) for _, name in sorted(guards))
    yield from (_strange("rule", name, table) for table, name in ask(_RULES))
    yield from _in_place(reader, {name for (name,) in ask(_VIEWS)})
    known = folding.bodies()
    if any(body not in known or definer for body, definer in ask(_FOLD)):
        yield "the function crm_fold is not the program's: somebody changed it"


def _in_place(reader: SqlReader, views: set[str]) -> Iterator[str]:
    """Yield the views that stand where a table of ours belongs; others do nothing by themselves."""
    ours = views & reader.store.tables.metadata.tables.keys()
    yield from (_strange("view", name) for name in sorted(ours))


def _strange(kind: str, name: str, table: str = "") -> str:
    where = f" on {table}" if table else ""
    return f"the {kind} {name}{where} is not the program's: somebody put it in"


def _weak(name: str) -> str:
    return f"the guard {name} of the journal is gone, or does not hold: somebody took it away"
