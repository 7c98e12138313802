"""The command line behind `:`."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from crmkit.core.errors import CrmError
from crmkit.tui.theme import DARK, LIGHT

if TYPE_CHECKING:
    from crmkit.tui.screens.base import CrmScreen

Verb = Callable[["CrmScreen", str], str | None]


def execute(screen: CrmScreen, text: str) -> str | None:
    """Do what a line says; return what is wrong with it, or None."""
    word, _, rest = text.strip().partition(" ")
    word, rest = word.casefold(), rest.strip()
    if not word:
        return None
    if word.isdecimal():
        return _jump(screen, int(word))
    if verb := _VERBS.get(word):
        return verb(screen, rest)
    try:
        model = screen.desk.model.entity(word)
    except CrmError:
        model = None
    if model is None or model.spec.hidden:
        known = [*_VERBS, *(e.name for e in screen.desk.model.shown)]
        near = get_close_matches(word, known, n=2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        return f"no command {word!r}{hint}"
    return _entity(screen, model.name, rest)


def _jump(screen: CrmScreen, number: int) -> str | None:
    """`:42` goes to line 42 of a list, and to record 42 elsewhere."""
    from crmkit.tui.screens.listing import ListScreen
    from crmkit.tui.screens.record import RecordScreen

    if isinstance(screen, ListScreen):
        screen.listing.move_to(number - 1)
    elif isinstance(screen, RecordScreen):
        screen.desk.open_record(screen.model.name, number)
    else:
        return "there are no lines here to jump to"
    return None


def _entity(screen: CrmScreen, entity: str, rest: str) -> str | None:
    if rest.isdecimal():
        screen.desk.open_record(entity, int(rest))
    elif rest == "new":
        screen.desk.open_form(entity)
    else:
        screen.desk.go_entity(entity, **({"filter": rest} if rest else {}))
    return None


def _doing(action: str) -> Verb:
    def verb(screen: CrmScreen, rest: str) -> str | None:
        screen.close_prompt()
        screen.do(action)
        return None

    return verb


def _board(screen: CrmScreen, rest: str) -> str | None:
    try:
        entity = screen.desk.model.entity(rest).name if rest else screen.model.name  # type: ignore[attr-defined]
    except (CrmError, AttributeError):
        return "say of what: board lead"
    screen.desk.go_board(entity)
    return None


def _filter(screen: CrmScreen, rest: str) -> str | None:
    from crmkit.tui.screens.filtering import FilterScreen

    if not isinstance(screen, FilterScreen):
        return "there is nothing to filter here"
    screen.try_filter(rest)
    return None


def _sort(screen: CrmScreen, rest: str) -> str | None:
    from crmkit.tui.screens.browse import BrowseScreen

    if not isinstance(screen, BrowseScreen):
        return "there is nothing to sort here"
    try:
        screen.desk.session.sorting(screen.model, rest)
    except CrmError as error:
        return str(error)
    screen.sort = rest
    screen.show()
    return None


def _theme(screen: CrmScreen, rest: str) -> str | None:
    themes = {"dark": DARK, "light": LIGHT}
    if rest not in themes:
        return "write :theme dark or :theme light"
    screen.app.theme = themes[rest]
    return None


def _report(screen: CrmScreen, rest: str) -> str | None:
    name, _, filter = rest.partition(" ")
    if not name:
        screen.close_prompt()
        screen.do("go.reports")
        return None
    try:
        report = screen.desk.model.report(name)
        if filter and report.entity:
            screen.desk.session.check_filter(report.entity, filter)
    except CrmError as error:
        return str(error)
    screen.close_prompt()
    screen.desk.go_report(name, filter)
    return None


def _triage(screen: CrmScreen, rest: str) -> str | None:
    word, _, filter = rest.partition(" ")
    here = getattr(screen, "model", None)
    if word in screen.desk.model.entities:
        entity = word
    elif here is not None:
        entity, filter = here.name, rest
    else:
        return "say of what: triage lead is:stale"
    try:
        screen.desk.session.check_filter(entity, filter)
    except CrmError as error:
        return str(error)
    screen.close_prompt()
    screen.desk.go_triage(entity, filter)
    return None


def _duplicates(screen: CrmScreen, rest: str) -> str | None:
    try:
        here = getattr(screen, "model", None)
        model = screen.desk.model.entity(rest) if rest or here is None else here
        screen.desk.session.rights.demand(model, "merge")
    except CrmError as error:
        return str(error) if rest else "say of what: duplicates contact"
    if not model.matchers:
        known = ", ".join(m.name for m in screen.desk.model.shown if m.matchers)
        return f"duplicates are looked for of {known}" if known else "nothing finds duplicates"
    screen.close_prompt()
    screen.desk.go_duplicates(model.name)
    return None


def _erase(screen: CrmScreen, rest: str) -> str | None:
    from crmkit.tui.screens.record import RecordScreen

    if not isinstance(screen, RecordScreen):
        return "open the record of the person first"
    screen.close_prompt()
    screen.do_erase()
    return None


def _agenda(screen: CrmScreen, rest: str) -> str | None:
    from crmkit.tui.screens.agenda import open_agenda

    return open_agenda(screen.desk, rest)


_VERBS: dict[str, Verb] = {
    "q": _doing("quit"), "quit": _doing("quit"), "w": _doing("save"), "help": _doing("help"),
    "undo": _doing("undo"), "home": _doing("go.home"), "search": _doing("go.search"),
    "log": _doing("go.log"), "settings": _doing("go.settings"), "new": _doing("new"),
    "board": _board, "filter": _filter, "report": _report, "duplicates": _duplicates,
    "triage": _triage, "agenda": _agenda, "erase": _erase, "sort": _sort, "theme": _theme,
}  # fmt: skip
