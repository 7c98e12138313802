"""The forms of the settings: what is typed becomes a step, the same that the shell makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from crmkit.core.custom import (
    KINDS,
    Custom,
    CustomField,
    CustomRole,
    CustomStage,
    CustomView,
    lists,
    steps,
)
from crmkit.core.custom.converting import change_kind
from crmkit.core.custom.editing import part
from crmkit.core.custom.steps import Step
from crmkit.core.errors import CrmError, Invalid
from crmkit.core.fields import REQUIRED, Field
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.kinds.numbers import FlagKind
from crmkit.core.kinds.words import TextKind
from crmkit.core.model import EntityModel, Model
from crmkit.core.session import Session
from crmkit.customizing import Demand
from crmkit.tui.customkeys import actions, demand, set_keys
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.text import width

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk
    from crmkit.tui.screens.settings import SettingsScreen

_SIGN = 4
"""The cells that the status line needs beside a message."""
Values = Mapping[str, Any]
Ident = tuple[str, ...]
OUTCOMES = ("open", "won", "lost")


@frozen
class Form:
    """What is asked for, what it begins with, and the step that the answers make."""

    title: str
    fields: tuple[Field, ...]
    begins: Mapping[str, str]
    step: Callable[[Session, Values], Step]
    check: Demand | None = None
    own: Callable[[Values], bool] = lambda values: False


def _text(name: str, label: str, help: str = "", *, needed: bool = False) -> Field:
    default = REQUIRED if needed else ""
    return Field(name=name, label=label, kind=TextKind(500), help=help, default=default)


def _choice(name: str, label: str, options: Sequence[str], default: str = "") -> Field:
    kind = ChoiceKind(list(options))
    return Field(name=name, label=label, kind=kind, default=default or REQUIRED)


def _flag(name: str, label: str, help: str = "") -> Field:
    return Field(name=name, label=label, kind=FlagKind(), default=False, help=help)


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _entity(model: Model, which: Callable[[EntityModel], bool] = lambda e: True) -> Field:
    return _choice("entity", "Of", [e.name for e in model.shown if which(e)])


def form_of(desk: Desk, name: str, ident: Ident, custom: Custom) -> Form | None:
    """Return the form that adds to a part, or that changes one of it; None where there is none."""
    make = _FORMS.get(name)
    return make(desk, ident, custom) if make else None


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _field(desk: Desk, ident: Ident, custom: Custom) -> Form:
    shared = (
        _text("label", "Label", "what people call it"),
        _choice("kind", "Kind", (*KINDS, *desk.model.kinds), "text"),
        _text("options", "Choices", "of a choice: Family, Tax"),
        _flag("shown", "Column", "whether it is a column of plain lists"),
        _flag("search", "Searched", "whether full-text search finds it"),
        _flag("personal", "Personal", "whether it tells of a person, and is erased with him"),
        _text("help", "Help", "what forms say of it"),
    )
    points = _text("targets", "Points at", "of a ref: the entity, such as contact")
    if not ident:
        name = _text("name", "Name", "small letters, digits and _; empty: made of the label")
        whole = (_entity(desk.model), name, *shared[:3], points, *shared[3:])

        def add(session: Session, v: Values) -> Step:
            said = {k: v[k] for k in ("kind", "label", "shown", "search", "personal", "help")}
            targets, options = _words(v["targets"]), _split(v["options"])
            return steps.add_field(
                session, v["entity"], v["name"], options=options, targets=targets, **said
            )

        return Form(
            "New field",
            whole,
            {"kind": "text", "shown": "no", "search": "no", "personal": "no"},
            add,
        )
    old = part(custom, CustomField, ident)
    begins = {
        "label": old.shown_as, "kind": old.kind, "options": ", ".join(old.options),
        "targets": " ".join(old.targets),
        "shown": _yes(old.shown), "search": _yes(old.search),
        "personal": _yes(old.personal), "help": old.help,
    }  # fmt: skip

    def change(session: Session, v: Values) -> Step:
        if v["kind"] != old.kind:
            return change_kind(
                session, ident[0], ident[1], v["kind"], options=_split(v["options"]),
                targets=_words(v["targets"]),
            )  # fmt: skip
        changes = {k: v[k] for k in ("label", "shown", "search", "personal", "help")}
        if old.kind == "choice":
            changes["options"] = _split(v["options"])
        return steps.change_field(session, *ident, **changes)

    fields = (*shared[:3], points, *shared[3:])
    return Form(f"Field {old.name} of {old.entity}", fields, begins, change)


def _stage(desk: Desk, ident: Ident, custom: Custom) -> Form:
    label = _text("label", "Label", "what people call it", needed=True)
    if not ident:
        of = _entity(desk.model, lambda e: e.flow is not None)
        after = _text("after", "After", "the stage before it; empty: the last of its outcome")

        def add(session: Session, v: Values) -> Step:
            return steps.add_stage(
                session, v["entity"], v["label"], after=v["after"], outcome=v["outcome"]
            )

        fields = (of, label, after, _choice("outcome", "Outcome", OUTCOMES, "open"))
        return Form("New stage", fields, {"outcome": "open"}, add)
    old = part(custom, CustomStage, ident)

    def change(session: Session, v: Values) -> Step:
        moved = v["after"] if v["after"] != old.after else ""
        return steps.change_stage(session, *ident, label=v["label"], after=moved)

    after = _text("after", "After", "the stage before it")
    begins = {"label": old.declared().label, "after": old.after}
    return Form(f"Stage {old.code} of {old.entity}", (label, after), begins, change)


def _role(desk: Desk, ident: Ident, custom: Custom) -> Form:
    name = ident[-1] if ident else ""
    old = next((r for r in custom.roles if r.name == name), None) or CustomRole(name=name or "x")
    fields = (
        _text("label", "Label", "what the role is for"),
        _text("grants", "Grants", "such as lead.read@own lead.create"),
        _text("denies", "Denials", "what it forbids, written in the same way"),
    )
    begins = {
        "name": name, "label": old.label, "grants": " ".join(old.grants),
        "denies": " ".join(old.denies),
    }  # fmt: skip

    def step(session: Session, v: Values) -> Step:
        wanted = name or v["name"]
        return steps.set_role(session, wanted, _words(v["grants"]), _words(v["denies"]), v["label"])

    if name:
        return Form(f"Role {name}", fields, begins, step)
    return Form("New role", (_text("name", "Name", needed=True), *fields), begins, step)


def _view(desk: Desk, ident: Ident, custom: Custom) -> Form:
    fields = (
        _text("filter", "Filter", "such as status:QUALIFIED next_call<=today"),
        _text("sort", "Sort", "a field; -field descending"),
        _text("columns", "Columns", "fields, divided by commas; empty: as ever"),
        _flag("board", "Board", "whether it is shown as a board"),
    )
    if ident:
        old = part(custom, CustomView, ident)
        begins = {
            "filter": old.filter, "sort": old.sort, "columns": ", ".join(old.columns),
            "board": _yes(old.board),
        }  # fmt: skip
        entity, label, user = ident
        return Form(
            f"List {label} of {entity}", fields, begins,
            lambda s, v: _saved(s, entity, label, v, own=bool(user), replace=True),
            own=lambda v: bool(user),
        )  # fmt: skip
    whole = (
        _entity(desk.model), _text("label", "Label", needed=True), *fields,
        _flag("own", "For you alone", "no: everybody has it"),
    )  # fmt: skip
    return Form(
        "New list", whole, {"board": "no", "own": "no"},
        lambda s, v: _saved(s, v["entity"], v["label"], v, own=v["own"]),
        own=lambda v: bool(v["own"]),
    )  # fmt: skip


def _saved(
    session: Session, entity: str, label: str, v: Values, *, own: bool, replace: bool = False
) -> Step:
    return lists.set_view(
        session, entity, label, filter=v["filter"], sort=v["sort"], board=v["board"],
        columns=_split(v["columns"]), own=own, replace=replace,
    )  # fmt: skip


def _columns(desk: Desk, ident: Ident, custom: Custom) -> Form | None:
    if not ident:
        return None
    model = desk.model.entity(ident[0])
    known = ", ".join(model.short(f) for f in desk.session.visible_fields(model.name))
    fields = (_text("columns", "Columns", f"of these, divided by commas: {known}"),)
    begins = {"columns": ", ".join(model.short(f) for f in model.columns)}
    return Form(
        f"Columns of {model.plural.lower()}", fields, begins,
        lambda s, v: lists.set_columns(s, model.name, _split(v["columns"])),
    )  # fmt: skip


def _key(desk: Desk, ident: Ident, custom: Custom) -> Form | None:
    if not ident:
        return None
    action = ident[0]
    now = next(keys for name, keys, _ in actions(desk.model, desk.workspace) if name == action)
    help = "as they are typed, divided by spaces: c, gl, ctrl+d, space"
    return Form(
        f"Keys of {action}", (_text("keys", "Keys", help),), {"keys": " ".join(now)},
        lambda s, v: set_keys(s.model, desk.workspace, action, v["keys"].split()), demand,
    )  # fmt: skip


_FORMS: Mapping[str, Callable[[Desk, Ident, Custom], Form | None]] = {
    "fields": _field, "stages": _stage, "roles": _role, "views": _view, "columns": _columns,
    "keys": _key,
}  # fmt: skip


class SettingsForm(FormScreen):
    """A form of the settings; ctrl+s makes the change."""

    leaving = "Make the change before leaving? (y)es, (n)o, esc stays: "

    def __init__(self, desk: Desk, form: Form, settings: SettingsScreen) -> None:
        self.form = form
        self.settings = settings
        super().__init__(desk, next(iter(desk.model.entities)), None, {})

    def _fields(self) -> list[Field]:
        return list(self.form.fields)

    def start(self) -> None:
        """Show what it is now."""
        self.title_line.show(self.form.title, note="Settings")
        self.status.hint("ctrl+s save  tab next field  → accept a suggestion  esc leave  f1 keys")
        self._fill((None, dict(self.form.begins), {}))

    def draft(self) -> dict[str, Any]:
        """Settings are no record: what was typed is not kept when the program ends."""
        return {}

    def _left(self) -> None:
        self.app.pop_screen()

    def do_save(self) -> None:
        """Make the change; what is wrong is shown at its field, and what was typed stays."""
        if self._saving:
            return
        for entry in self.entries.values():
            entry.show_problem("")
        try:
            values = self._values()
        except Invalid as error:
            self._not_saved(error)
            return
        self._saving = True
        settings = self.settings
        settings.take(
            lambda session: self.form.step(session, values), self.form.check, self._refused,
            self.form.own(values),
        )  # fmt: skip

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for key, entry in self.entries.items():
            text = entry.text.strip()
            try:
                if not text and entry.field.required:
                    raise ValueError("fill it in")
                values[key] = (
                    entry.field.kind.parse(text, self.desk.session.locale)
                    if text
                    else entry.field.default
                )
            except ValueError as error:
                problems[key] = str(error)
        if problems:
            raise Invalid(problems)
        return values

    def _refused(self, error: CrmError) -> None:
        self._saving = False
        said = str(error)
        key, _, rest = said.partition(": ")
        if key in self.entries and rest:
            self._not_saved(Invalid({key: rest}))
        else:
            self.say(said, "error")
            if width(said) > self.size.width - _SIGN:
                self.app.notify(said, severity="error", timeout=30)
            self.focus_body()
