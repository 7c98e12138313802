"""The keys as they come out of the box; config may give every action others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from crmkit.core.model import Model
from crmkit.tui.keys import Binding, KeyMap

GLOBAL = (
    Binding("help", ("?", "f1"), "Keys that work here"),
    Binding("palette", ("ctrl+p",), "Find any action, list or record"),
    Binding("command", (":",), "Command line"),
    Binding("go.home", ("gh",), "My day"),
    Binding("go.search", ("gs", "ctrl+k"), "Search everywhere"),
    Binding("go.log", ("gj",), "Journal: what was done"),
    Binding("go.reports", ("gr",), "Reports"),
    Binding("go.agenda", ("gA",), "Agenda"),
    Binding("go.settings", ("g,",), "Settings: what the firm adds without code"),
    Binding("undo", ("u",), "Undo the last thing done"),
    Binding("refresh", ("ctrl+r", "ctrl+l"), "Read and paint everything anew"),
    Binding("theme", ("gt",), "Dark or light"),
    Binding("back", ("escape", "backspace"), "Back"),
    Binding("quit", ("q",), "Quit"),
    Binding("quit.now", ("ctrl+q",), "Quit from anywhere"),
    Binding("interrupt", ("ctrl+c",), "Leave what is being typed; says how to quit"),
)

CURSOR = (
    Binding("down", ("j", "down"), "Down", "cursor"),
    Binding("up", ("k", "up"), "Up", "cursor"),
    Binding("top", ("gg", "home"), "To the top", "cursor"),
    Binding("bottom", ("G", "end"), "To the bottom", "cursor"),
    Binding("half.down", ("ctrl+d",), "Half a page down", "cursor"),
    Binding("half.up", ("ctrl+u",), "Half a page up", "cursor"),
    Binding("page.down", ("ctrl+f", "pagedown"), "A page down", "cursor"),
    Binding("page.up", ("ctrl+b", "pageup"), "A page up", "cursor"),
    Binding("open", ("enter",), "Open", "cursor"),
)

WORK = (
    Binding("new", ("n",), "New", "work"),
    Binding("edit", ("e",), "Edit", "work"),
    Binding("move", ("m",), "Move to a state", "work"),
    Binding("carry.left", ("H",), "Carry to the state before", "work"),
    Binding("carry.right", ("L",), "Carry to the next state", "work"),
    Binding("delete", ("D",), "Delete", "work"),
    Binding("follow.up", ("A",), "New action about this", "work"),
    Binding("copy", ("y",), "Copy the title to the clipboard", "work"),
    Binding("copy.link", ("Y",), "Copy entity and number", "work"),
)

MARKS = (
    Binding("mark", ("space",), "Mark", "marks"),
    Binding("mark.all", ("V",), "Mark all, or none", "marks"),
    Binding("filter", ("/",), "Filter", "marks"),
    Binding("mine", ("M",), "Only mine, or everybody's", "marks"),
)

LIST = (
    Binding("left", ("h", "left"), "The view before", "list"),
    Binding("right", ("l", "right"), "The next view", "list"),
    *(Binding(f"view.{n}", (str(n),), f"View {n}", "list") for n in range(1, 10)),
    Binding("sort", ("s",), "Sort by", "list"),
    Binding("sort.reverse", ("S",), "Sort the other way round", "list"),
    Binding("go.board", ("gb", "b"), "The board of these", "list"),
    Binding("triage", ("T",), "Triage: these one by one, a key each", "list"),
)

BOARD = (
    Binding("left", ("h", "left"), "Column to the left", "board"),
    Binding("right", ("l", "right"), "Column to the right", "board"),
    Binding("first.column", ("0",), "First column", "board"),
    Binding("last.column", ("$",), "Last column", "board"),
    Binding("go.list", ("gb", "b"), "The list of these", "board"),
    Binding("triage", ("T",), "Triage: these one by one, a key each", "board"),
)

AGENDA = (
    Binding("day.before", ("h", "left"), "The day before", "agenda"),
    Binding("day.after", ("l", "right"), "The day after", "agenda"),
    Binding("week.before", ("H", "["), "The week before", "agenda"),
    Binding("week.after", ("L", "]"), "The week after", "agenda"),
    Binding("entry.next", ("j",), "The next entry", "agenda"),
    Binding("entry.before", ("k",), "The entry before", "agenda"),
    Binding("down", ("down",), "Half an hour later", "agenda"),
    Binding("up", ("up",), "Half an hour earlier", "agenda"),
    Binding("today", ("t",), "Today", "agenda"),
    Binding("by.day", ("d",), "By the day", "agenda"),
    Binding("by.week", ("w",), "By the week", "agenda"),
    Binding("mine", ("M",), "Only mine, or everybody's", "agenda"),
    Binding("filter", ("/",), "Filter", "agenda"),
    Binding("new", ("n",), "New, at this time", "agenda"),
    Binding("open", ("enter",), "Open", "agenda"),
)

TRIAGE = (
    Binding("triage.next", ("space", "n", "]"), "Skip this one", "triage"),
    Binding("triage.back", ("[", "p"), "Back to the one before", "triage"),
    Binding("pane", ("tab", "shift+tab"), "Scroll the other half", "triage"),
)

SIDES = (
    Binding("pick.left", ("h", "left"), "Keep the value on the left", "sides"),
    Binding("pick.right", ("l", "right"), "Keep the value on the right", "sides"),
    Binding("pick.other", ("space",), "Keep the other value", "sides"),
)

PAIR = (
    Binding("pair.merge", ("enter",), "Merge them", "pair"),
    Binding("pair.swap", ("tab", "shift+tab"), "The other one survives", "pair"),
    Binding("pair.apart", ("d",), "Keep both: they are not the same", "pair"),
    Binding("pair.next", ("n", "]"), "The next pair", "pair"),
    Binding("pair.previous", ("p", "["), "The pair before", "pair"),
)

TWINS = (
    Binding("twin.merge", ("enter", "m"), "Merge what was typed into it", "twins"),
    Binding("twin.apart", ("a",), "Keep both: they are not the same", "twins"),
    Binding("twin.next", ("n", "]"), "Another one that is there", "twins"),
    Binding("back", ("escape", "b"), "Back to the form", "twins"),
)

REPORT = (
    Binding("filter", ("/",), "Count only what a filter finds", "report"),
    Binding("by", ("b",), "Divide by a field or a period", "report"),
    Binding("chart", ("c",), "Show the chart, or not", "report"),
)

RECORD = (
    Binding("previous", ("[",), "Previous record of the list", "record"),
    Binding("next", ("]",), "Next record of the list", "record"),
    Binding("pane", ("tab", "shift+tab"), "The other half", "record"),
    Binding("right", ("l", "right"), "Next part: timeline, actions, related", "record"),
    Binding("left", ("h", "left"), "Part before", "record"),
    *(Binding(f"part.{n}", (str(n),), f"Part {n}", "record") for n in range(1, 10)),
    # No key of its own: what cannot be taken back is never a slip of a finger away.
    Binding("erase", (), "Erase personal data, for good", "record"),
)

FORM = (
    Binding("save", ("ctrl+s",), "Save", "form"),
    Binding("cancel", ("escape",), "Leave; asks if something was typed", "form"),
    Binding("field.next", ("tab", "down"), "Next field", "form"),
    Binding("field.previous", ("shift+tab", "up"), "Field before", "form"),
    Binding("offer.next", ("ctrl+n",), "Take a record that is offered, then the next", "form"),
    Binding("form.help", ("f1",), "Keys that work here", "form"),
)

SETTINGS = (
    Binding("pane", ("tab", "l", "right"), "The next part", "settings"),
    Binding("pane.back", ("shift+tab", "h", "left"), "The part before", "settings"),
    Binding("part.add", ("n", "a"), "Add one", "settings"),
    Binding("part.change", ("e",), "Change it", "settings"),
    Binding("part.retire", ("x",), "Retire or revive it; switch a plugin", "settings"),
    Binding("part.remove", ("D",), "Take it away", "settings"),
    Binding("part.later", ("J",), "Put it later", "settings"),
    Binding("part.earlier", ("K",), "Put it earlier", "settings"),
    Binding("filter", ("/",), "Find by words", "settings"),
    *(Binding(f"part.{n}", (str(n),), f"Part {n}", "settings") for n in range(1, 10)),
)

TYPING = frozenset({"save", "cancel", "quit.now", "interrupt", "palette", "form.help",
                    "field.next", "field.previous", "offer.next"})  # fmt: skip
"""The actions whose keys work while one types into a field."""


def _of_model(model: Model) -> Iterator[Binding]:
    for entity in model.shown:
        if entity.spec.key:
            yield Binding(f"go.entity.{entity.name}", (f"g{entity.spec.key}",), entity.plural)
        for command in entity.commands:
            keys = (command.key,) if command.key else ()
            label = command.label or command.name
            yield Binding(f"run.{command.name}", keys, label, f"entity.{entity.name}")


def custom_name(binding: Binding) -> str:
    """Return what `custom.toml` calls an action: a command of an entity `lead.claim`."""
    scope, _, entity = binding.scope.partition(".")
    verb, _, command = binding.action.partition(".")
    return f"{entity}.{command}" if (scope, verb) == ("entity", "run") else binding.action


def key_map(
    model: Model,
    overrides: dict[str, tuple[str, ...]] | None = None,
    custom: Mapping[str, tuple[str, ...]] | None = None,
) -> KeyMap:
    """Return the key map of a Model, with the firm's keys, and over them the configuration's."""
    fixed = (
        *GLOBAL,
        *CURSOR,
        *WORK,
        *MARKS,
        *LIST,
        *BOARD,
        *AGENDA,
        *TRIAGE,
        *SIDES,
        *PAIR,
        *TWINS,
        *REPORT,
        *RECORD,
        *FORM,
        *SETTINGS,
    )
    given = custom or {}
    whole = [evolve(b, keys=given.get(custom_name(b), b.keys)) for b in (*fixed, *_of_model(model))]
    found = KeyMap(whole, overrides)
    for action in given.keys() - {custom_name(b) for b in whole}:
        found.faults.append(f"keys: custom.toml gives keys to {action}, which is not there")
    return found
