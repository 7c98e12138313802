"""Lines and areas to type on: they hold the text as it is, and show it made harmless."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size
from rich.text import Text
from textual import events
from textual.widgets import Input, TextArea

from crmkit.core.visible import alike

_TAB = "\t"


class TypedLine(Input):
    """A line to type on."""

    def _on_paste(self, event: events.Paste) -> None:
        """Put several lines into this one, where Textual would take the first and drop the rest."""
        event.text = " ".join(line for part in event.text.splitlines() if (line := part.strip()))
        super()._on_paste(event)
        event.prevent_default()

    @property
    def _value(self) -> Text:
        return Text(alike(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(alike(self.value)[:position])

    def _cell_offset_to_index(self, offset: int) -> int:
        at, wanted = 0, offset + self.scroll_offset.x
        for index, char in enumerate(alike(self.value)):
            at += get_character_cell_size(char)
            if wanted < at:
                return index
        return len(self.value)


class TypedArea(TextArea):
    """Some lines to type on; tabs are blanks there."""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is shown."""
        parts = self.document.get_line(line_index).split(_TAB)
        return Text(_TAB.join(map(alike, parts)), end="", no_wrap=True)
