"""What a form does about records with the same e-mail or phone: merge, keep both, or go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from crmkit.core.entity import Record
from crmkit.core.fields import Item
from crmkit.core.matching import Match
from crmkit.core.model import EntityModel
from crmkit.core.rules import sketch
from crmkit.core.session import Session
from crmkit.core.words import UNCHANGED
from crmkit.tui.screens.menu import Choice, MenuScreen
from crmkit.tui.screens.sides import SidesScreen

if TYPE_CHECKING:
    from crmkit.tui.screens.form import FormScreen

MOST = 3
"""How many records are named."""


@frozen
class Twins:
    """Records that one with the typed values seems to be, with what they are called.

    `typed` is the record as it is typed now; `records` are those of its entity that are certain.
    """

    matches: Sequence[Match]
    titles: Mapping[tuple[str, int], str]
    typed: Record
    records: Sequence[Record]

    @property
    def certain(self) -> list[Match]:
        """Those with the same e-mail or phone."""
        return [m for m in self.matches if m.certain]

    @property
    def elsewhere(self) -> list[Match]:
        """Those of them that are of another entity."""
        return [m for m in self.certain if m.entity != self.typed.spec.name][:MOST]

    def match(self, record: Record) -> Match:
        """Return why a record is one of them."""
        name = self.typed.spec.name
        return next(m for m in self.matches if (m.entity, m.id) == (name, record.id))

    def told(self, match: Match) -> str:
        """Return a match in words."""
        title = self.titles[match.entity, match.id]
        return f"{title} ({match.entity} {match.id}), {', '.join(match.reasons)}"

    def hint(self) -> str:
        """Return the likeliest ones as a hint."""
        more = len(self.matches) - 1
        others = f" and {more} more" if more > 0 else ""
        return f"possible: {self.told(self.matches[0])}{others}" if self.matches else ""


def merge_typed(
    session: Session, form: FormScreen, into: int, typed: dict[str, str],
    settled: Mapping[str, Any],
) -> str:  # fmt: skip
    """Merge what was typed, and the record that it is about, into another one; say what came."""
    name, values = form.model.name, session.parse(form.model.name, typed)
    if form.id_ is None:
        before = session.get(name, into)
        kept = session.enrich(name, into, values, settled)
        if kept.version == before.version:
            return f"{kept.title}: {UNCHANGED}"
    else:
        with session.transaction() as unit:
            if form.record is not None and values:
                unit.save(form.record.evolve(**values))
            kept = unit.merge(name, into, [form.id_], settled)
    return f"merged into {kept.title}"


def look(session: Session, model: EntityModel, values: Mapping[str, Any], id: int) -> Twins:
    """Return the twins of a record with the typed values."""
    found = session.duplicates(model.name, values, id=id)
    found = [m for m in found if m.certain] + [m for m in found if not m.certain][:MOST]
    same = [m.id for m in found if m.certain and m.entity == model.name][:MOST]
    typed = sketch(model, {model.field(k): v for k, v in values.items()}, id=id)
    titles = session.titles((m.entity, m.id) for m in found)
    return Twins(found, titles, typed, [session.get(model.name, i) for i in same])


def ask(form: FormScreen, twins: Twins, save: Callable[[], None]) -> None:
    """Let the user choose what becomes of what was typed."""
    if not twins.records:
        _ask_elsewhere(form, twins, save)
        return

    def chosen(answer: tuple[Record, dict[str, Any]] | str | None) -> None:
        if answer == "apart":
            form.kept_apart = [r.id for r in twins.records]
            save()
        elif isinstance(answer, tuple):
            form.merge_into(answer[0].id, answer[1])
        else:
            form.say("not saved yet; what you typed is here", "warning")

    form.app.push_screen(TwinsScreen(form, twins), chosen)


def _ask_elsewhere(form: FormScreen, twins: Twins, save: Callable[[], None]) -> None:
    """Only records of other entities are there: they can be looked at, not merged into."""
    choices = [
        Choice("save", f"save this {form.model.label.lower()} too", "a"),
        Choice("back", "back to the form", "b"),
        *(Choice(f"open.{n}", f"look at {twins.told(m)}", str(n + 1))
          for n, m in enumerate(twins.elsewhere)),
    ]  # fmt: skip

    def chosen(value: str | None) -> None:
        verb, _, number = (value or "back").partition(".")
        if verb == "save":
            save()
            return
        form.say("not saved yet; what you typed is here", "warning")
        if verb == "open":
            match = twins.elsewhere[int(number)]
            form.desk.open_record(match.entity, match.id)

    form.app.push_screen(MenuScreen(form.desk, "The same is there elsewhere", choices), chosen)


class TwinsScreen(SidesScreen):
    """What was typed on the left, a record that is there on the right.

    It returns that record with the values picked by hand; 'apart' to keep both; None to go back.
    """

    scopes = ("twins", "sides", "cursor")

    def __init__(self, form: FormScreen, twins: Twins) -> None:
        super().__init__(form.desk, form.model, 1)
        self.twins = twins
        self.at = 0

    def start(self) -> None:
        """Show the likeliest one."""
        self.title_line.show("This seems to be there already")
        self.focus_body()
        self._show()

    def _show(self) -> None:
        record = self.twins.records[self.at]
        self.records, self.picks = (self.twins.typed, record), {}
        visible = self.desk.session.visible_fields(self.model.name)
        typed = self.twins.typed
        self.fields = [f for f in visible if f.typed and not f.is_empty(typed.get(f))]
        many = len(self.twins.records)
        self.title_line.note(f"{self.at + 1} of {many}" if many > 1 else "")
        reasons = ", ".join(self.twins.match(record).reasons)
        also = "; ".join(map(self.twins.told, self.twins.elsewhere))
        self.tell(f"{reasons}. Also there: {also}" if also else reasons, "warning")
        self.status.hint("what is ticked is kept, of repeated values and notes all")
        wanted = {"twin.merge": f"merge into {record.id}", "twin.apart": "keep both",
                  "back": "back to the form", "pick.other": "pick the other value"}  # fmt: skip
        if many > 1:
            wanted["twin.next"] = "another one"
        self.show_keys(wanted)
        self.draw(first=True)

    def heads(self) -> tuple[str, str]:
        """What was typed, and what is there."""
        record = self.twins.records[self.at]
        return "What you typed", f"{self.model.label} {record.id} {record.title}"

    def do_twin_next(self) -> None:
        """Another one that is there."""
        self.at = (self.at + 1) % len(self.twins.records)
        self._show()

    def do_twin_merge(self) -> None:
        """Merge what was typed into it."""
        self.dismiss((self.twins.records[self.at], self.picked()))

    def do_twin_apart(self) -> None:
        """Keep both."""
        self.dismiss("apart")

    def do_back(self) -> None:
        """Back to the form."""
        self.dismiss(None)


def keep_apart(session: Session, record: Record, others: Sequence[int]) -> None:
    """Remember that a record is none of the others; Denied, or NotFound, where that can't be."""
    session.run(f"{record.spec.name}.distinct", record.id, {"others": tuple(map(Item, others))})
