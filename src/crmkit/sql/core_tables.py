"""The program's own tables: journal, search, board sums, time in states, identity keys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from attrs import frozen

from crmkit.core.kinds.base import Column
from crmkit.sql.types import Dialect


@frozen(eq=False)
class CoreTables:
    """The tables whose names begin with `crm_`."""

    meta: sa.Table
    table: sa.Table
    identity: sa.Table
    summary: sa.Table
    stay: sa.Table
    commit: sa.Table
    change: sa.Table
    search: sa.Table | None
    """PostgreSQL only; on SQLite it is a virtual table, which SQLAlchemy does not describe."""

    @classmethod
    def build(cls, metadata: sa.MetaData, dialect: Dialect) -> CoreTables:
        """Return the tables, described for one kind of database."""
        make = _Maker(metadata, dialect)
        return cls(
            meta=make.table("crm_meta", "key text!", "value text"),
            table=make.table(
                "crm_table", "name text!", "entity text", "kind text", "plugin text",
                "number integer", "next_id integer", "shape text", "stale integer",
            ),
            identity=make.table(
                "crm_identity", "entity text!", "record integer!", "field text!", "key text!",
                index=("key", "entity", "record"), clustered=True,
            ),
            summary=make.table(
                "crm_summary", "entity text!", "field text!", "state text!", "owner integer!",
                "currency text!", "count integer", "total amount", clustered=True,
            ),
            stay=make.table(
                "crm_stay", "entity text!", "record integer!", "field text!", "n integer!",
                "state text", "entered moment", "left moment?", clustered=True,
            ),
            commit=make.table(
                "crm_commit", "id integer!", "chain text", "seq integer", "at moment",
                "actor integer?", "actor_name text", "via text", "label text", "undoes integer?",
                "size integer", "prev text", "hash text", "first integer", index=("actor", "id"),
            ),
            change=make.table(
                "crm_change", "id integer!", "commit integer", "entity text", "record integer",
                "op text", "title text", "before text?", "after text?", "salt text", "digest text",
                index=("entity", "record", "commit"),
            ),
            search=None if dialect.sqlite else make.search(),
        )  # fmt: skip


class _Maker:
    """Makes a table from columns such as `name text!` (`!` primary key, `?` may be NULL)."""

    def __init__(self, metadata: sa.MetaData, dialect: Dialect) -> None:
        self.metadata = metadata
        self.dialect = dialect

    def table(
        self, name: str, *columns: str, index: tuple[str, ...] = (), clustered: bool = False
    ) -> sa.Table:
        made = sa.Table(
            name,
            self.metadata,
            *(self._column(text) for text in columns),
            sqlite_with_rowid=not clustered,
        )
        if index:
            sa.Index(f"ix_{name}_{index[0]}", *(made.c[part] for part in index))
        return made

    def _column(self, text: str) -> sa.Column[Any]:
        name, kind = text.split()
        bare = kind.rstrip("!?")
        # The sums of boards may outgrow 64 bits, where PostgreSQL would refuse.
        amount = sa.Integer() if self.dialect.sqlite else sa.Numeric(38, 0)
        type_ = amount if bare == "amount" else self.dialect.types[Column(bare)]
        return sa.Column(
            name, type_, primary_key=kind.endswith("!"), nullable=kind.endswith("?"),
            autoincrement=False,
        )  # fmt: skip

    def search(self) -> sa.Table:
        from sqlalchemy.dialects.postgresql import TSVECTOR

        made = self.table("crm_search", "key integer!", "title text")
        made.append_column(sa.Column("words", TSVECTOR(), nullable=False))
        sa.Index("ix_crm_search_words", made.c.words, postgresql_using="gin")
        sa.Index("ix_crm_search_title", made.c.title)
        return made
