"""The palette: every action, list and view by a few letters of its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from crmkit.tui.text import fit, safe
from crmkit.tui.widgets.typed import TypedLine

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk


@frozen
class Entry:
    """One line of the palette."""

    action: str
    label: str
    keys: str = ""


def score(wanted: str, label: str) -> int:
    """Return how well letters match a label, in order; 0 where they do not."""
    text, at, points, run = label.casefold(), 0, 1, 0
    for char in wanted.casefold().replace(" ", ""):
        found = text.find(char, at)
        if found < 0:
            return 0
        start = found == 0 or not text[found - 1].isalnum()
        run = run + 1 if found == at else 0
        points += 3 * start + 2 * run + 1
        at = found + 1
    return points * 100 - len(label)


class PaletteScreen(ModalScreen[str | None], inherit_bindings=False):
    """Type a few letters, press enter."""

    DEFAULT_CSS = """
    PaletteScreen { align: center top; background: transparent; }
    PaletteScreen > Vertical {
        width: 70; max-width: 96%; height: auto; margin-top: 2;
        border: round $primary; background: $surface; padding: 0 1;
    }
    PaletteScreen Input, PaletteScreen Input:focus {
        border: none; height: 1; padding: 0; background: $panel;
    }
    PaletteScreen Static { height: auto; }
    """

    def __init__(self, desk: Desk, scopes: Sequence[str]) -> None:
        super().__init__()
        self._entries = list(_entries(desk, scopes))
        self._found = self._entries
        self._at = 0

    def compose(self) -> ComposeResult:
        """The line to type on, and what it finds."""
        with Vertical():
            yield TypedLine(placeholder="what would you like to do?", id="palette-input")
            yield Static("", id="palette-lines", markup=False)

    def on_mount(self) -> None:
        """Draw."""
        self._draw()

    @property
    def _most(self) -> int:
        return max(4, min(14, self.app.size.height - 8))

    def _draw(self) -> None:
        wide = min(64, int(self.app.size.width * 0.96) - 6)
        first = max(0, min(self._at - self._most + 1, len(self._found) - self._most))
        lines = []
        for at, entry in enumerate(self._found[first : first + self._most], first):
            keys = f" {entry.keys}"
            pointer = "› " if at == self._at else "  "
            lines.append(pointer + fit(safe(entry.label), wide - len(keys) - 2) + keys)
        text = "\n".join(lines) or "nothing is called that"
        self.query_one("#palette-lines", Static).update(Content(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Find what the letters mean."""
        ranked = [(score(event.value, e.label), -n, e) for n, e in enumerate(self._entries)]
        kept = [r for r in ranked if r[0]] if event.value.strip() else ranked
        if event.value.strip():
            kept.sort(key=lambda r: (r[0], r[1]), reverse=True)
        self._found, self._at = [e for _, _, e in kept], 0
        self._draw()

    def on_input_submitted(self) -> None:
        """Do it."""
        self.dismiss(self._found[self._at].action if self._found else None)

    def on_key(self, event: events.Key) -> None:
        """Up, down, and away."""
        if event.key in ("escape", "ctrl+c"):
            event.stop()
            self.dismiss(None)
        elif event.key in ("down", "up", "ctrl+n", "ctrl+p"):
            event.stop()
            event.prevent_default()
            step = 1 if event.key in ("down", "ctrl+n") else -1
            self._at = max(0, min(self._at + step, len(self._found) - 1))
            self._draw()


def _entries(desk: Desk, scopes: Sequence[str]) -> Iterator[Entry]:
    for scope in scopes:
        for b in desk.keys.bindings:
            if (
                b.scope == scope
                and b.scope != "cursor"
                and not b.action.startswith(("view.", "part."))
                and desk.keys.offers(scopes, b)
            ):
                yield Entry(b.action, b.help, " ".join(desk.keys.keys_for(b.action, scope)))
    for report in desk.model.reports.values():
        if desk.session.may_report(report.name):
            yield Entry(f"palette.report.{report.name}", f"Report: {report.label}")
    for screen in desk.model.screens.values():
        yield Entry(f"palette.screen.{screen.name}", f"Screen: {screen.label}")
    for model in desk.model.shown:
        if not desk.session.rights.allows(model, "read"):
            continue
        if model.flow is not None:
            yield Entry(f"palette.board.{model.name}", f"Board: {model.plural}")
        if desk.session.rights.allows(model, "create"):
            yield Entry(f"palette.new.{model.name}", f"New {model.label.lower()}")
        if model.matchers and desk.session.rights.allows(model, "merge"):
            yield Entry(f"palette.duplicates.{model.name}", f"Duplicates: {model.plural.lower()}")
        for number, agenda in enumerate(model.agendas):
            several = f" ({agenda.label})" if len(model.agendas) > 1 else ""
            label = f"Agenda: {model.plural.lower()}{several}"
            yield Entry(f"palette.agenda.{model.name}.{number}", label)
        for word in model.conditions:
            label = f"Triage: {word} {model.plural.lower()}"
            yield Entry(f"palette.triage.{model.name}.{word}", label)
        for number, table in enumerate(model.tables_of(desk.session.actor.name)):
            action = f"palette.view.{model.name}.{number}"
            yield Entry(action, f"{model.plural}: {table.label}")
