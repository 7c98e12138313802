"""What plugins add to lists, cards and screens: badges, agendas, files to export."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

_AT_ONCE = 500
Tone = Literal["quiet", "good", "warn", "bad"]


@frozen
class Tag:
    """A short mark on a card or a row: text that says it without its colour, and its tone."""

    text: str
    tone: Tone = "quiet"


@frozen
class Badge:
    """A mark on records of an entity: `show(record, ctx)` returns a Tag, or None for none.

    `ctx` has `now`, `locale` and `setting`; it reads nothing, since lists show many.
    """

    entity: str
    show: Callable[[Any, Any], Tag | None]
    owner: str = field(kw_only=True, default="")


@frozen
class Agenda:
    """A calendar of an entity: the fields of its records' start and end, and whose they are."""

    entity: str
    start: str
    end: str
    who: str = field(kw_only=True, default="")
    label: str = field(kw_only=True, default="Agenda")
    filter: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Export:
    """A file format for records of an entity: `write(records, ctx)` returns its bytes.

    `ctx` has `now`, `locale`, `setting`, `titles` and `records`.
    """

    entity: str
    format: str
    write: Callable[[Iterable[Any], Any], bytes]
    label: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Condition:
    """A word for filters: `is:stale` finds what the filter finds that it stands for.

    `filter` is text, or a function of `ctx` (with `now`, `locale`, `setting` and `fields`).
    """

    entity: str
    name: str
    filter: str | Callable[[Any], str]
    help: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Job:
    """Work that time brings: `run(ctx)` in one transaction, by `crmkit tick` and open screens.

    It returns what it did in a sentence, or None where there was nothing to do.
    """

    name: str
    run: Callable[[Any], str | None]
    label: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Told:
    """What badges, conditions and exports may know besides their records."""

    now: datetime
    session: Any

    @property
    def locale(self) -> Any:
        """The firm's region, currency and clock."""
        return self.session.locale

    def setting(self, setting: Any) -> Any:
        """Return what the firm decided."""
        return self.session.model.setting(setting)

    def entity(self, name: str) -> Any:
        """Return the entity's model: its fields and workflow."""
        return self.session.model.entity(name)

    def records(self, entity: str, ids: Iterable[int]) -> list[Any]:
        """Return those of the records that the actor may read and export, for files."""
        wanted, found = sorted(set(ids)), []
        if not all(self.session.rights.allows(self.entity(entity), v) for v in ("read", "export")):
            return []
        for at in range(0, len(wanted), _AT_ONCE):
            numbers = ",".join(map(str, wanted[at : at + _AT_ONCE]))
            found += self.session.find(
                entity, f"id:{numbers}", sort="id", limit=_AT_ONCE, export=True
            )
        return found

    def titles(self, wanted: Iterable[tuple[str, int]]) -> Any:
        """Return what records are called, of (entity, id) pairs."""
        return self.session.titles(wanted)
