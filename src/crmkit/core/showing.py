"""What plugins add to lists, cards and screens: badges, agendas, files to export."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from attrs import field, frozen

from crmkit.core.blaming import blaming
from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, Denied
from crmkit.core.kinds.refs import Link

_AT_ONCE = 500
_MOST_LINES = 50
FORMATS = ("table", "json", "csv", "tsv", "ids")
"""The program's own formats, which every list has."""
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
class Panel:
    """A section on the screen of an entity's records: `lines(record, told)` yields its lines.

    A line is a text, or a label with a text, and behind them the record or Link that it opens.
    `told` reads what the actor may read: `find`, `count`, `aggregate`, `setting`. Where he may
    not, or where there are no lines, the section is left out.
    """

    entity: str
    label: str
    lines: Callable[[Any, Any], Iterable[Any]]
    owner: str = field(kw_only=True, default="")


@frozen
class Line:
    """A line of a panel: its text, the label before it, and the record that it opens."""

    text: str
    label: str = ""
    opens: tuple[str, int] | None = None


@frozen
class Section:
    """What a panel shows of one record; one that failed says so in its only line."""

    label: str
    lines: tuple[Line, ...]
    failed: bool = False


@frozen
class PluginScreen:
    """A screen of Textual's own kind, in the palette; `target` is `module:Class`.

    A module that begins with a dot is one of the plugin's. It is imported when the screen is
    opened, and the class is given a Session. What fails in it ends the terminal's program, so that
    it opens only where the workspace's `crmkit.toml` lists the plugin in `trusted_screens`.
    """

    name: str
    label: str
    target: str
    package: str = field(kw_only=True, default="")
    """The plugin's own module, which is filled in."""
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

    It returns what it did in a sentence, or None where there was nothing to do. One that failed
    three times in a row is suspended until it is resumed: `crmkit tick --resume NAME`.
    """

    name: str
    run: Callable[[Any], str | None]
    label: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Notification:
    """What somebody is told: `to` is a user's name, '' for whoever looks after the program.

    `about` is the record that it is about; `source` who says it: a user, an automation or a job.
    """

    text: str
    to: str = field(kw_only=True, default="")
    about: Link | None = field(kw_only=True, default=None)
    source: str = field(kw_only=True, default="")


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

    def notify(self, notice: Notification) -> None:
        """Hand a notice to every plugin that carries notices on; behind a commit, not in one."""
        from crmkit.core.hooked import happen

        happen(self.session, "crm_notify", notice=notice)

    def find(self, entity: str, filter: str = "", *, sort: str = "", limit: int = 10) -> list[Any]:
        """Return records that the actor may read; Denied where he may read none."""
        return list(self.session.find(entity, filter, sort=sort, limit=limit))

    def count(self, entity: str, filter: str = "") -> int:
        """Return how many records there are that the actor may read."""
        return int(self.session.count(entity, filter))

    def aggregate(
        self, entity: str, filter: str, by: str, function: str = "count", value: str = ""
    ) -> dict[Any, Any]:
        """Return one figure for each value of a field; money sums as {currency: minor units}."""
        found: dict[Any, Any] = self.session.aggregate(entity, filter, by, function, value)
        return found

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


def sections(panels: Iterable[Panel], record: Record, told: Told) -> Iterator[Section]:
    """Yield what panels show of a record; a panel that fails says so, and nothing else fails."""
    for panel in panels:
        try:
            with blaming(panel.owner, f"panel {panel.label}", panel.lines):
                found = panel.lines(record, told) or ()
                lines = tuple(_line(one) for one in islice(found, _MOST_LINES))
        except Denied:
            continue
        except CrmError as error:
            said = Line(str(error), f"plugin {panel.owner}")  # the text may be cut on a screen
            yield Section(panel.label, (said,), failed=True)
            continue
        if lines:
            yield Section(panel.label, lines)


def _line(given: Any) -> Line:
    parts = (given,) if isinstance(given, str) else given
    if not isinstance(parts, tuple) or not 1 <= len(parts) <= 3:
        raise TypeError(f"a panel yields texts and tuples, and not {given!r}")
    opens = None
    if isinstance(parts[-1], Record | Link) and len(parts) > 1:
        *parts, last = parts
        name = last.entity if isinstance(last, Link) else last.spec.name
        opens = (name, last.id)
    if len(parts) > 2:
        raise TypeError(f"a line of a panel ends with the record that it opens, not {given[2]!r}")
    label, text = ("", *parts)[-2:]
    return Line(_flat(text), _flat(label), opens)


def _flat(text: Any) -> str:
    """Return a value as one line."""
    return " ".join(str(text).split())
