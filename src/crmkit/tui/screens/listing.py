"""Screens whose body is a list: how the cursor goes about it."""

from __future__ import annotations

from crmkit.tui.screens.working import WorkScreen
from crmkit.tui.widgets.record_list import RecordList


class ListScreen(WorkScreen):
    """A screen with one list."""

    @property
    def listing(self) -> RecordList:
        """The list."""
        return self.query_one("#list", RecordList)

    def refresh_data(self) -> None:
        """The same rows anew, with the cursor where it is."""
        self.listing.reload()

    def do_down(self) -> None:
        """Down."""
        self.listing.move_cursor(1)

    def do_up(self) -> None:
        """Up."""
        self.listing.move_cursor(-1)

    def do_top(self) -> None:
        """To the top."""
        self.listing.move_to(0)

    def do_bottom(self) -> None:
        """To the bottom."""
        self.listing.move_to(self.listing.total - 1)

    def do_half_down(self) -> None:
        """Half a page down."""
        self.listing.page(0.5)

    def do_half_up(self) -> None:
        """Half a page up."""
        self.listing.page(-0.5)

    def do_page_down(self) -> None:
        """A page down."""
        self.listing.page(1)

    def do_page_up(self) -> None:
        """A page up."""
        self.listing.page(-1)

    def do_open(self) -> None:
        """Open."""
        self.listing.open()

    def do_mark(self) -> None:
        """Mark."""
        self.listing.toggle_mark()

    def do_mark_all(self) -> None:
        """Mark all, or none."""
        keys = [] if self.listing.marks else self.listing.neighbours()
        self.listing.mark(keys)
        self.say(f"{len(keys)} marked" if keys else "nothing marked")
