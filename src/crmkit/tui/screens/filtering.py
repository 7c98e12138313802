"""Screens with a filter: it is tried as it is typed, and a wrong one stays to be mended."""

from __future__ import annotations

from crmkit.core.errors import CrmError
from crmkit.core.model import EntityModel
from crmkit.tui.screens.working import WorkScreen


class FilterScreen(WorkScreen):
    """A screen that shows what a filter finds of an entity."""

    model: EntityModel
    filter: str
    _opening = False
    """Whether what is shown is still being fetched: keys that are typed ahead are for it."""

    @property
    def ready(self) -> bool:
        """Keys that are typed ahead wait for what they are meant for."""
        return super().ready and not self._opening

    def fail(self, error: CrmError) -> None:
        """Keys need not wait for what does not come."""
        self._opening = False
        super().fail(error)

    def show(self) -> None:
        """Show what the filter finds."""

    def do_filter(self) -> None:
        """Change the filter."""
        self._ask_filter(f"{self.filter} " if self.filter else "")

    def _ask_filter(self, text: str, problem: str = "") -> None:
        self.question("filter", "/", self._answered, text, self._check_filter)
        self.prompt.fail(problem)

    def _answered(self, text: str) -> str | None:
        self.try_filter(text)
        return None

    def _check_filter(self, text: str) -> None:
        self.ask(
            lambda session: session.check_filter(self.model.name, text),
            lambda _: self.prompt.fail(""),
            lambda error: self.prompt.fail(str(error)),
        )

    def try_filter(self, text: str) -> None:
        """Show what another filter finds; one that cannot be used is asked for again."""

        def ok(_: None) -> None:
            self.filter = text.strip()
            self.show()

        def wrong(error: CrmError) -> None:
            self._ask_filter(text, str(error))

        self.ask(lambda session: session.check_filter(self.model.name, text), ok, wrong)

    def do_triage(self) -> None:
        """Go through what is found; through what is stale where nobody has asked for anything."""
        stale = "stale" in self.model.conditions
        untouched = ("", *(table.filter for table in self.model.tables[:1]))
        if stale and self.filter in untouched:
            self.desk.go_triage(self.model.name, "is:stale")
        else:
            self.desk.go_triage(self.model.name, self.filter, getattr(self, "sort", ""))

    def do_mine(self) -> None:
        """Only mine, or everybody's."""
        words = self.filter.split()
        others = [word for word in words if word != "is:mine"]
        self.filter = " ".join(others if "is:mine" in words else [*words, "is:mine"])
        self.show()
