"""A report: its figures as a list, each with its bar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core.errors import CrmError
from crmkit.core.kinds.numbers import Money
from crmkit.core.reports import Report, Sheet, shown
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.menu import Choice, MenuScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

BAR = 24
"""How many cells the bars of a chart have, on a screen that is wide enough."""
NARROW = 90
NOTHING = "-"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class SheetRows:
    """A sheet's rows, or the figures of a single one a line each."""

    def __init__(self, desk: Desk, sheet: Sheet, cells: int = 0) -> None:
        locale = desk.session.locale
        if sheet.single:
            figures = ((c.label, shown(c, sheet.rows[0].get(c.key), locale)) for c in sheet.columns)
            self._rows = [Row(label, (label, text or NOTHING)) for label, text in figures]
            return
        texts = [[shown(c, row.get(c.key), locale) for c in sheet.columns] for row in sheet.rows]
        styles = [""] * len(sheet.columns)
        if sheet.chart and cells:
            drawn = bars([_height(row.get(sheet.chart.values[0])) for row in sheet.rows], cells)
            texts = [[first, bar, *rest] for (first, *rest), bar in zip(texts, drawn, strict=True)]
            styles.insert(1, "accent")
        self._rows = [Row(n, tuple(row), cell_styles=tuple(styles)) for n, row in enumerate(texts)]

    def total(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self._rows[start : start + limit]


def bars(values: Sequence[float | None], cells: int) -> list[str]:
    """Return a bar for each value, on one scale; what is below nothing goes to the left."""
    known = [v for v in values if v is not None]
    most = max((abs(v) for v in known), default=0) or 1
    low = min(known, default=0) < 0
    room = (cells - 1) // 2 if low else cells
    return [_bar(0 if v is None else v / most, room, low) for v in values]


def _bar(share: float, room: int, low: bool) -> str:
    eighths = round(abs(share) * room * 8)
    whole, rest = divmod(eighths, 8)
    if share < 0:
        return ("█" * max(1, round(eighths / 8))).rjust(room) + "│"
    right = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return " " * room + "│" + right if low else right


def specs(sheet: Sheet, cells: int = 0) -> list[ColumnSpec]:
    """Return the columns of a sheet's list."""
    if sheet.single:
        return [ColumnSpec("figure", "Figure", 16), ColumnSpec("value", "Value", 10, right=True)]
    found = [
        ColumnSpec(c.key, c.label, 6 if c.shape != "text" else 10, int(n == 0),
                   right=c.shape != "text")
        for n, c in enumerate(sheet.columns)
    ]  # fmt: skip
    if sheet.chart and cells:
        found.insert(1, ColumnSpec("chart", "", cells))
    return found


class ReportScreen(ListScreen):
    """The figures of a report."""

    scopes = ("report", "cursor")

    def __init__(self, desk: Desk, name: str, filter: str = "", by: str = "") -> None:
        super().__init__(desk)
        self.report: Report = desk.model.report(name)
        self.filter = filter
        self.by = by
        self._sheet: Sheet | None = None
        self._charted = True

    def body(self) -> Sequence[Widget]:
        """The list of figures."""
        return [RecordList(self.fetch, empty="There is nothing to count.", id="list")]

    def start(self) -> None:
        """Work it out."""
        self.focus_body()
        self.say("working it out ...")
        self._ask()

    def refresh_data(self) -> None:
        """Work it out anew."""
        self._ask()

    def _ask(self) -> None:
        filter, by = self.filter, self.by
        self.ask(lambda session: session.report(self.report.name, filter, by=by), self._show)

    def _show(self, sheet: Sheet) -> None:
        self._sheet = sheet
        asked = " ".join(filter(None, [self.filter, self.by and f"by {self.by}"]))
        self.title_line.show(self.report.label, note=asked)
        self.say("")
        keys = ["/ filter"] * bool(self.report.entity) + ["b divide by"] * bool(self.report.by)
        keys += ["c chart"] * bool(sheet.chart)
        self.status.hint("  ".join([*keys, "esc back"]))
        self._draw()

    def _draw(self) -> None:
        if self._sheet is None:
            return
        cells = (BAR if self.size.width >= NARROW else BAR // 2) if self._charted else 0
        source = SheetRows(self.desk, self._sheet, cells)
        self.listing.set_source(source, specs(self._sheet, cells))

    def on_resize(self) -> None:
        """Bars are as wide as there is room."""
        self._draw()

    # Keys ------------------------------------------------------------------------------------

    def do_filter(self) -> None:
        """Count only what a filter finds."""
        if not self.report.entity:
            self.say("this report takes no filter", "warning")
            return

        def answer(text: str) -> str | None:
            try:
                self.desk.session.check_filter(self.report.entity, text)
            except CrmError as error:
                return str(error)
            self.filter = text.strip()
            self._ask()
            return None

        self.question("filter", "/", answer, self.filter)

    def do_by(self) -> None:
        """Divide the figures."""
        if not self.report.by:
            self.say("this report is not divided", "warning")
            return
        names = self._divisions()
        letters = "123456789abcdefgimnoprstuvwxyz"
        choices = [Choice("", "not at all", "0")]
        choices += [
            Choice(key, label, letters[n] if n < len(letters) else "")
            for n, (key, label) in enumerate(names)
        ]

        def chosen(by: str | None) -> None:
            if by is not None:
                self.by = by
                self._ask()

        self.app.push_screen(MenuScreen(self.desk, "Divide by", choices), chosen)

    def _divisions(self) -> list[tuple[str, str]]:
        entity = self.desk.model.entities.get(self.report.entity)
        known = entity.by_key if entity else {}
        listed = [by for by in self.report.by if by != "*"]
        return [(by, known[by].label if by in known else by.capitalize()) for by in listed]

    def do_chart(self) -> None:
        """Show the chart, or not."""
        self._charted = not self._charted
        self._draw()

    def do_open(self) -> None:
        """A figure has nothing behind it."""


def _height(value: Any) -> float | None:
    if isinstance(value, Money):
        return float(value.amount)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return None if value is None else float(value)
