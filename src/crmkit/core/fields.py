"""Fields: what an entity's attribute is, and the functions that declare one of each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from crmkit.core.errors import Fault
from crmkit.core.kinds.base import Kind, Locale
from crmkit.core.kinds.choices import ChoiceKind, FlowKind
from crmkit.core.kinds.numbers import FlagKind, MoneyKind, NumberKind, PercentKind
from crmkit.core.kinds.reach import AddressKind, EmailKind, PhoneKind, UrlKind
from crmkit.core.kinds.refs import LinkKind, RefKind
from crmkit.core.kinds.times import DateKind, MomentKind
from crmkit.core.kinds.words import NoteKind, TextKind
from crmkit.core.settings import Setting

if TYPE_CHECKING:
    from crmkit.core.workflow import Workflow

MARK = "crmkit.field"
REQUIRED: Any = attrs.NOTHING


@frozen
class Item:
    """One value of a repeating field, with its label (work, home) and whether it comes first."""

    value: Any
    label: str = ""
    primary: bool = False


@frozen(kw_only=True, eq=False)
class Field:
    """A declared field.

    `name` is the attribute, `key` what shells, filters and files call it in full (the facet's
    name before it, `acme.vat_id`), `owner` the plugin it came from. `guarded` fields need a grant
    of their own. `derived` fields are computed by the program and never typed; `managed` ones are
    set by commands and rules only, and kept in the journal. `shown` places
    the field in default columns. `labels` are proposed for a repeating field's values. A date
    or moment cannot come before that of the field that it `follows`; an import reports it.
    What is `personal` is covered where a person's data are exported or erased; a reference that
    is the `subject` says whose, so that the record goes with the one that it points at.
    `setting` is where the firm lists the options of a choice, `stored` what the database calls
    the field where that is not its name.
    """

    name: str = ""
    label: str
    kind: Kind
    default: Any = REQUIRED
    search: bool = False
    identity: bool = False
    personal: bool = False
    subject: bool = False
    index: bool = False
    many: bool = False
    guarded: bool = False
    derived: bool = False
    managed: bool = False
    system: bool = False
    shown: bool = False
    labels: tuple[str, ...] = ()
    section: str = ""
    help: str = ""
    facet: str = ""
    owner: str = ""
    follows: str = ""
    setting: Setting[Any] | None = None
    stored: str = ""

    @property
    def key(self) -> str:
        """The field's full name: `name`, or `facet.name`."""
        return f"{self.facet}.{self.name}" if self.facet else self.name

    @property
    def column(self) -> str:
        """What the database calls it."""
        return self.stored or self.name

    @property
    def required(self) -> bool:
        """Whether a record cannot be saved without it."""
        return self.default is REQUIRED

    @property
    def typed(self) -> bool:
        """Whether people type it (it is neither derived, managed nor the program's own)."""
        return not self.derived and not self.managed and not self.system

    @property
    def flow(self) -> Workflow | None:
        """The workflow whose state this is, if it is one."""
        return self.kind.workflow if isinstance(self.kind, FlowKind) else None

    @property
    def targets(self) -> tuple[str, ...]:
        """The entities it points at; none unless it is a reference."""
        return self.kind.targets if isinstance(self.kind, RefKind | LinkKind) else ()

    def values(self, value: Any) -> list[Any]:
        """Return the single values in a value: none, one, or those of a repeating field."""
        if self.many:
            return [item.value for item in value or ()]
        return [] if value is None else [value]

    def is_empty(self, value: Any) -> bool:
        """Whether the value counts as not filled in; text of blanks does."""
        if isinstance(value, str):
            return not value.strip(" \t\r\n")
        return not value if self.many else value is None or self.kind.empty(value)

    def validate(self, value: Any) -> Any:
        """Return the value made normal; ValueError says what is wrong."""
        if self.many:
            return self._validate_items(value or ())
        if value is None or (value == "" and isinstance(self.kind, ChoiceKind)):
            if self.required:
                raise ValueError("fill it in")
            return None if value is None and self.default is None else self.blank()
        if self.required and self.is_empty(value):
            raise ValueError("fill it in")
        return value if value == "" else self.kind.validate(value)

    def blank(self) -> Any:
        """Return what the field holds when it is not filled in."""
        if self.many:
            return ()
        return "" if self.default == "" else None if self.required else self.default

    def _validate_items(self, items: Sequence[Any]) -> tuple[Item, ...]:
        found = [i if isinstance(i, Item) else Item(i) for i in items]
        if self.required and not found:
            raise ValueError("fill it in")
        first = next((n for n, item in enumerate(found) if item.primary), 0)
        return tuple(
            Item(self.kind.validate(item.value), item.label, n == first)
            for n, item in enumerate(found)
        )

    def dump(self, value: Any) -> Any:
        """Return the value as JSON."""
        if self.many:
            return [
                {"value": self.kind.dump(i.value), "label": i.label, "primary": i.primary}
                for i in value or ()
            ]
        return value if value is None or value == "" else self.kind.dump(value)

    def undump(self, data: Any) -> Any:
        """Return the value that `dump` wrote; blank where the field was of another kind then."""
        if not self.stored:
            return self._undump(data)
        try:
            return self.validate(self._undump(data))
        except (AttributeError, ArithmeticError, KeyError, TypeError, ValueError, Fault):
            return self.blank()

    def holds(self, data: Any) -> bool:
        """Whether what `dump` wrote is a value of the kind that the field has now."""
        return not (self.stored and data) or bool(self.undump(data) != self.blank())

    def _undump(self, data: Any) -> Any:
        if self.many:
            return tuple(
                Item(self.kind.undump(d["value"]), d["label"], d["primary"]) for d in data or ()
            )
        return data if data is None or data == "" else self.kind.undump(data)

    def format(self, value: Any, locale: Locale) -> str:
        """Return the value as text; a repeating field's values are divided by ' | '."""
        if self.many:
            return " | ".join(self._format_item(item, locale) for item in value or ())
        return "" if value is None or value == "" else self.kind.format(value, locale)

    def _format_item(self, item: Item, locale: Locale) -> str:
        text = self.kind.format(item.value, locale)
        return f"{text} ({item.label})" if item.label else text


def _declare(label: str, kind: Kind, default: Any, settings: Mapping[str, Any]) -> Any:
    many = bool(settings.get("many"))
    if many and default is REQUIRED:
        default = ()
    mark = Field(label=label, kind=kind, default=default, **settings)
    return attrs.field(default=default, kw_only=True, metadata={MARK: mark})


def of_kind(label: str, kind: Kind, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare a value of a kind that a plugin brings, in that kind's own constructor."""
    return _declare(label, kind, default, more)


def text(label: str, *, default: Any = REQUIRED, max_length: int | None = None, **more: Any) -> Any:
    """Declare one line of text. `more` are the settings of `Field`, for every kind alike."""
    return _declare(label, TextKind(max_length), default, more)


def note(label: str, *, default: Any = "", **more: Any) -> Any:
    """Declare text of many lines."""
    return _declare(label, NoteKind(), default, more)


def email(label: str, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare an e-mail address."""
    return _declare(label, EmailKind(), default, more)


def phone(label: str, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare a phone number, kept as E.164 where it is one."""
    return _declare(label, PhoneKind(), default, more)


def url(label: str, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare a web address."""
    return _declare(label, UrlKind(), default, more)


def address(label: str, *, default: Any = None, **more: Any) -> Any:
    """Declare a postal address."""
    return _declare(label, AddressKind(), default, more)


def number(
    label: str,
    *,
    default: int | None | Any = REQUIRED,
    minimum: int | None = None,
    maximum: int | None = None,
    **more: Any,
) -> Any:
    """Declare a whole number."""
    return _declare(label, NumberKind(minimum, maximum), default, more)


def percent(label: str, *, default: int | None | Any = REQUIRED, **more: Any) -> Any:
    """Declare a whole percentage, 0 to 100."""
    return _declare(label, PercentKind(), default, more)


def money(label: str, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare an amount of money in integer minor units with its ISO 4217 currency."""
    return _declare(label, MoneyKind(), default, more)


def flag(label: str, *, default: bool | None = False, **more: Any) -> Any:
    """Declare a yes or no."""
    return _declare(label, FlagKind(), default, more)


def date_(label: str, *, default: date | None | Any = REQUIRED, **more: Any) -> Any:
    """Declare a calendar date (`date` in `crmkit.api`)."""
    return _declare(label, DateKind(), default, more)


def moment(label: str, *, default: datetime | None | Any = REQUIRED, **more: Any) -> Any:
    """Declare a point in time, UTC in the store and local on the screen."""
    return _declare(label, MomentKind(), default, more)


def choice(label: str, options: Any, *, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare one of a list of codes.

    `options` maps codes to labels, or lists labels, or is a Setting in which the firm does.
    """
    if isinstance(options, Setting):
        more["setting"], options = options, options.default
    return _declare(label, ChoiceKind(options), default, more)


def tags(label: str, **more: Any) -> Any:
    """Declare any number of short free words."""
    return _declare(label, TextKind(60), (), {"many": True} | more)


def ref(label: str, *targets: str, default: Any = REQUIRED, **more: Any) -> Any:
    """Declare a reference: an id where there is one target entity, a Link where several."""
    kind = RefKind(target=targets[0]) if len(targets) == 1 else LinkKind(targets=targets)
    return _declare(label, kind, default, {"index": True} | more)


def refs(label: str, target: str, **more: Any) -> Any:
    """Declare any number of references, each with a label (a role, say)."""
    return _declare(label, RefKind(target=target), (), {"many": True} | more)


def flow(workflow: Workflow, *, default: str, label: str = "", **more: Any) -> Any:
    """Declare the state of a workflow; `default` is the state a new record is in."""
    return _declare(label or workflow.label, FlowKind.of(workflow), default, {"index": True} | more)
