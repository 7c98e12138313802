"""The form of a record, made from its fields; what is typed stays until it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core import state
from crmkit.core.entity import Record
from crmkit.core.errors import Conflict, CrmError, Denied, Detour, Invalid, NotFound
from crmkit.core.fields import Field, Item
from crmkit.core.session import Session
from crmkit.core.words import UNCHANGED
from crmkit.tui.screens.base import CrmScreen
from crmkit.tui.screens.restoring import offer_restoring
from crmkit.tui.screens.twins import Twins, ask, look, merge_typed
from crmkit.tui.screens.working import WorkScreen, demand_state
from crmkit.tui.widgets.entry import Entry
from crmkit.tui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

KEEP_AFTER = 0.7
"""Seconds after the last key that a draft is written."""


class FormScreen(CrmScreen):
    """A form."""

    scopes = ("form",)
    leaving = "Save before leaving? (y)es, (n)o, esc stays: "

    def __init__(
        self,
        desk: Desk,
        entity: str,
        id: int | None,
        preset: Mapping[str, str],
        saved: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        self.id_ = id
        self.preset_ = dict(preset)
        self.saved = saved
        self.restored = False
        self._filled = self._saving = False
        self._amiss = ""
        self.record: Record | None = None
        self.fields = self._fields()
        self.entries: dict[str, Entry] = {}
        """The fields as they are typed, by field key."""
        self.initial: dict[str, str] = {}
        self._began_with: dict[str, str] = {}
        self._draft_timer: Any = None
        self.kept_apart: list[int] = []
        """The records that this one is said not to be."""

    def _fields(self) -> list[Field]:
        verb = "update" if self.id_ else "create"
        fields = self.desk.session.writable_fields(self.model.name, verb)
        kept = [f for f in fields if not (self.id_ and f.flow)]
        sections = list(dict.fromkeys(f.section for f in kept))
        return sorted(kept, key=lambda f: (sections.index(f.section), kept.index(f)))

    def body(self) -> Sequence[Widget]:
        """A line a field, with a heading a section."""
        section = ""
        for f in self.fields:
            heading = f.section if f.section != section else ""
            section = f.section
            self.entries[f.key] = Entry(f, self.desk, heading)
        return [Sheet(list(self.entries.values()))]

    @property
    def sheet(self) -> Sheet:
        """What the fields stand on."""
        return self.query_one(Sheet)

    def start(self) -> None:
        """Fill the form in."""
        self.status.hint("ctrl+s save  tab next field  → accept a suggestion  esc leave  f1 keys")
        what = self.model.label.lower()
        self.title_line.show(f"New {what}" if self.id_ is None else f"Edit {what} {self.id_}")
        self.wait()
        self.ask(self._texts, self._fill, self._turned_away)

    def wait(self) -> None:
        """Show no fields before it is known what is in them."""
        self.sheet.display = False
        self.status.say("loading ...", "muted")

    @property
    def ready(self) -> bool:
        """Letters that are typed ahead wait for the fields, or else they would be commands."""
        return super().ready and self._filled and not self._saving

    def _texts(self, session: Session) -> tuple[Record | None, dict[str, str], dict[str, str]]:
        if self.id_ is None:
            blank = {f.key: self._default(session, f) for f in self.fields}
            return None, blank, self._named(session)
        session.demand(self.model.name, "update", self.id_)
        record = session.get(self.model.name, self.id_)
        texts = session.display_many([record], self.fields)[0]
        return record, dict(zip((f.key for f in self.fields), texts, strict=True)), self.preset_

    def _turned_away(self, error: CrmError) -> None:
        """Go back: this record is not to be edited. What was typed before is kept as a draft."""
        self.app.pop_screen()
        self.desk.tell(error)

    def _default(self, session: Session, f: Field) -> str:
        """Return what a new record begins with; whoever makes it owns it."""
        if f is self.model.owner:
            return session.actor.name
        if f.required or f.targets:
            return ""
        if f.flow and (first := f.flow.state(f.default)):
            return first.label
        return f.format(f.default, session.locale)

    def _named(self, session: Session) -> dict[str, str]:
        """Return the preset with short names spelled out as keys."""
        by_key = self.model.by_key
        return {by_key[k].key: v for k, v in self.preset_.items() if k in by_key}

    def _fill(self, found: tuple[Record | None, dict[str, str], dict[str, str]]) -> None:
        self.record, self.initial, typed = found
        for key, entry in self.entries.items():
            entry.set_text(typed.get(key, self.initial.get(key, "")))
        if self.record is not None:
            self.title_line.show(f"Edit {self.record.title}", note=f"{self.model.label} {self.id_}")
        self._began_with = {} if self.restored else self.typed()
        self.sheet.display = True
        self.say("")
        if self.restored:
            self.say("this was being typed when the last session ended; ctrl+s saves it", "warning")
        self.focus_body()
        self._filled = True

    def focus_body(self) -> None:
        """The first field that needs something has the keys."""
        entries = list(self.entries.values())
        wanted = [e for e in entries if e.problem] or [
            e for e in entries if e.field.required and not e.text]  # fmt: skip
        for entry in (wanted or entries)[:1]:
            entry.focus_input()

    def typed(self) -> dict[str, str]:
        """Return the texts that differ from what the form began with, by field key."""
        return {
            key: entry.text
            for key, entry in self.entries.items()
            if entry.text != self.initial.get(key, "")
        }

    def draft(self) -> dict[str, Any]:
        """Return what was typed and not saved."""
        values = self.typed() if self.is_mounted else {}
        if not values or values == self._began_with:
            return {}
        return {"entity": self.model.name, "id": self.id_, "values": values}

    def on_sheet_changed(self) -> None:
        """Write the draft a moment after the last key."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(KEEP_AFTER, self._keep)

    def _keep(self) -> None:
        if draft := self.draft():
            state.keep_draft(self.desk.folder, draft)
            if self.model.matchers and not self._saving:
                typed = self.typed()
                self.ask(lambda s: self._twins(s, typed), self._hint, lambda _: None)

    def _hint(self, twins: Twins) -> None:
        if not self.prompt.is_open:
            self.status.remark(twins.hint(), "muted")

    # Saving ------------------------------------------------------------------------------------

    def do_save(self) -> None:
        """Save; what is wrong is shown at its field."""
        typed = self.typed()
        if self._saving:
            return
        if self.id_ is not None and not typed:
            self._left()
            self._tell(UNCHANGED)
            return

        for entry in self.entries.values():
            entry.show_problem("")
        self._saving = True
        reach = {f.key for f in self.model.identities}
        if not self.model.matchers or (self.id_ is not None and not reach & typed.keys()):
            self._save(typed)
            return

        def looked(twins: Twins) -> None:
            self._saving = False
            if twins.certain:
                ask(self, twins, lambda: self._save(typed))
            else:
                self._save(typed)

        def failed(error: CrmError) -> None:
            if isinstance(error, Invalid):
                self._not_saved(error)
            else:  # who may not look for twins may save even so, and where a plugin cannot
                self._amiss = "" if isinstance(error, Denied) else f"; {error}"
                self._save(typed)

        self.ask(lambda session: self._twins(session, typed), looked, failed)

    def _save(self, typed: dict[str, str], then: Callable[[Record], None] | None = None) -> None:
        self._saving = True

        def work(session: Session) -> Record:
            values = session.parse(self.model.name, typed)
            apart = any(c.name == "distinct" for c in session.commands(self.model.name))
            if self.record is None:
                demand_state(self.model, values)
            if self.kept_apart and apart:
                try:
                    return self._stored(session, values, self.kept_apart)
                except Denied:  # of the records that it is not: it is saved without remembering
                    pass
            return self._stored(session, values)

        self.write(work, then or self._saved, self._not_saved)

    def _stored(
        self, session: Session, values: Mapping[str, Any], apart: Sequence[int] = ()
    ) -> Record:
        """Save, and remember which records this one is not, in one commit."""
        name, record = self.model.name, self.record
        if not apart:
            return session.add(name, values) if record is None else session.save(
                record.evolve(**values))  # fmt: skip
        with session.transaction() as unit:
            saved = unit.add(name, **values) if record is None else unit.save(
                record.evolve(**values))  # fmt: skip
            what = "Add" if record is None else "Change"
            unit.label = f"{what} {self.model.label.lower()} {saved.title}"
            unit.run(f"{name}.distinct", saved.id, {"others": tuple(map(Item, apart))})
        return saved

    def _twins(self, session: Session, typed: dict[str, str]) -> Twins:
        """Return the records that this one seems to be, as it is typed now."""
        values = session.parse(self.model.name, typed)
        if self.record is not None:
            known = {f.key: self.record.get(f) for f in self.model.fields if not f.derived}
            values = {**known, **values}
        return look(session, self.model, values, self.id_ or 0)

    def merge_into(self, id: int, settled: Mapping[str, Any]) -> None:
        """Merge what was typed, and the record that it is about, into another one.

        `settled` are the values that were picked, by field key.
        """
        typed, name = self.typed(), self.model.name
        self._saving = True

        def merged(said: str) -> None:
            self._left()
            if self.saved is not None:
                self.saved(id)
            self.desk.open_record(name, id, said=said)

        self.write(lambda session: merge_typed(session, self, id, typed, settled), merged,
                   self._not_saved)  # fmt: skip

    def _saved(self, record: Record) -> None:
        self._left()
        if self.saved is not None:
            self.saved(record.id)
        same = self.record is not None and self.record.version == record.version
        self._tell(UNCHANGED if same else f"saved {record.title}")

    def _tell(self, said: str) -> None:
        screen = self.app.screen
        if isinstance(screen, CrmScreen):
            screen.say(f"{said}{self._amiss}", "warning" if self._amiss else "won")

    def _left(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self.desk.forget_draft()
        self.app.pop_screen()
        screen = self.app.screen
        if isinstance(screen, CrmScreen):
            screen.refresh_data()

    def _not_saved(self, error: CrmError) -> None:
        self._saving = False
        if isinstance(error, Conflict):
            self._settle(error)
            return
        if isinstance(error, NotFound) and self.record is not None:
            offer_restoring(self, self.record, error, self._saved)
            return
        if isinstance(error, Detour) and self.record is None:
            self._go_round(error)
            return
        problems = error.problems if isinstance(error, Invalid) else {}
        entries = self.entries
        by_key = self.model.by_key
        elsewhere = []
        for name, why in problems.items():
            key = by_key[name].key if name in by_key else name
            if key in entries:
                entries[key].show_problem(why)
            else:
                elsewhere.append(f"{name}: {why}" if name else why)
        said = "; ".join(elsewhere) if problems else str(error)
        self.say(said or "not saved: see the fields that are marked", "error")
        self.focus_body()

    def _go_round(self, detour: Detour) -> None:
        """Save in the first state, and open the form of the command that leads to the other."""
        flows = {f.key for f in self.model.flows}
        typed = {key: text for key, text in self.typed().items() if key not in flows}

        def saved(record: Record) -> None:
            self._saved(record)
            screen = self.app.screen
            if isinstance(screen, WorkScreen):
                screen.give(detour.command.partition(".")[2], self.model.name, [record.id])

        self._save(typed, saved)

    def _settle(self, conflict: Conflict) -> None:
        from crmkit.tui.screens.conflict import ConflictScreen

        def settled(chosen: dict[str, Any] | None) -> None:
            if chosen is None:
                self.say("not saved: somebody else changed it; your input is still here", "warning")
                return
            version = conflict.record.version

            def work(session: Session) -> Record:
                return session.set(self.model.name, int(self.id_ or 0), chosen, version=version)

            self.write(work, self._saved, self._not_saved)

        self.app.push_screen(ConflictScreen(self.desk, self.model, conflict), settled)

    # Leaving -----------------------------------------------------------------------------------

    def do_cancel(self) -> None:
        """Leave; ask where something was typed."""
        if self.prompt.is_open:
            self.close_prompt()
        elif self.typed() == self._began_with:
            self._left()
        else:
            self.question("leave", self.leaving, self._leave, keys="yn")

    do_back = do_cancel

    def do_interrupt(self) -> None:
        """Leave what is being typed."""
        self.do_cancel()

    def do_quit_now(self) -> None:
        """Quit; what is typed is kept as a draft."""
        self.desk.quit()

    def _leave(self, text: str) -> str | None:
        word = text.strip().casefold()
        if word in ("y", "yes"):
            self.close_prompt()
            self.do_save()
        elif word in ("n", "no"):
            self.close_prompt()
            self._left()
        else:
            return "write y or n"
        return None

    def do_offer_next(self) -> None:
        """Take the next record that is offered; look for some where nothing is."""
        entry = self.sheet.here
        if entry is None or not entry.field.targets:
            self.say("nothing is offered for this field", "warning")
        else:
            entry.take_offer()

    def do_field_next(self) -> None:
        """Next field."""
        self.sheet.step(1)

    def do_field_previous(self) -> None:
        """Field before."""
        self.sheet.step(-1)
