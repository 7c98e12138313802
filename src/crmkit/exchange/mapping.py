"""Which column of a file goes into which field of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import field, frozen

from crmkit.core.errors import Usage, unknown
from crmkit.core.fields import Field
from crmkit.core.kinds.address import PARTS
from crmkit.core.model import EntityModel
from crmkit.core.words import plain

_PART_NAMES = {name: name for name in PARTS} | {
    "state": "region", "province": "region", "county": "region",
    "zip": "postcode", "zipcode": "postcode", "postalcode": "postcode",
}  # fmt: skip


@frozen
class Target:
    """Where a column's cells go: a field, the label of its value, or a part of an address."""

    field: Field
    label: str = ""
    part: str = ""

    def __str__(self) -> str:
        label = f":{self.label}" if self.label else ""
        return f"{self.field.key}{label}{f'.{self.part}' if self.part else ''}"


@frozen
class Mapping:
    """The columns of a file, and for each that is read its target; `key` identifies the rows."""

    columns: tuple[str, ...]
    targets: tuple[tuple[int, Target], ...]
    key: int | None = None

    def unmapped(self) -> list[str]:
        """Return the columns that go nowhere."""
        used = {at for at, _ in self.targets}
        return [name for at, name in enumerate(self.columns) if at not in used]

    def fields(self) -> list[Field]:
        """Return the fields that get a value from the file, each once."""
        return list(dict.fromkeys(target.field for _, target in self.targets))

    def of(self, wanted: Field) -> list[tuple[int, Target]]:
        """Return the columns that go into a field."""
        return [(at, target) for at, target in self.targets if target.field is wanted]


@frozen
class _Names:
    """The fields of an entity by everything that people may call them."""

    model: EntityModel
    known: dict[str, Field] = field(init=False)

    @known.default
    def _collect(self) -> dict[str, Field]:
        found: dict[str, Field] = {}
        fields = [f for f in self.model.fields if f.typed]
        for f in fields:
            found[plain(f.key)] = f
        for f in fields:
            found.setdefault(plain(self.model.short(f)), f)
        for f in fields:
            found.setdefault(plain(f.label), f)
        return found

    def find(self, text: str) -> Field | None:
        return self.known.get(plain(text))

    def demand(self, text: str) -> Field:
        found = self.find(text)
        if found is None:
            exact = self.model.by_key.get(text)
            if exact is not None and not exact.typed:
                raise Usage(f"{text} is filled in by the program and cannot be imported")
            known = sorted({self.model.short(f) for f in self.known.values()})
            raise Usage(self.model.absent.unknown("field", text, known, self.model.name))
        return found

    def target(self, text: str) -> Target:
        head, colon, label = text.partition(":")
        if colon:
            label, _, part = label.partition(".")
            return self._checked(text, Target(self.demand(head), label.strip(), part))
        if (whole := self.find(text)) is not None:
            return Target(whole)
        head, _, part = text.rpartition(".")
        if head and (whole := self.find(head)) is not None:
            return self._checked(text, Target(whole, part=part))
        return Target(self.demand(text))

    def _checked(self, text: str, target: Target) -> Target:
        if target.label and not target.field.many:
            raise Usage(f"{target.field.key} holds one value, which has no label: write it without")
        if not target.part:
            return target
        if target.field.kind.name == "money" and plain(target.part) == "currency":
            return Target(target.field, part="currency")
        part = _PART_NAMES.get(plain(target.part))
        if target.field.kind.name != "address" or part is None:
            raise Usage(f"{text} is no field; the parts of an address are {', '.join(PARTS)}")
        return Target(target.field, target.label, part)


def field_named(model: EntityModel, text: str) -> Field:
    """Return a typed field by its key, name or label; Usage names what is near."""
    return _Names(model).demand(text)


def make_mapping(
    model: EntityModel,
    columns: Sequence[str],
    wanted: Iterable[tuple[str, str]] = (),
    *,
    key: str = "",
    ignore: Iterable[str] = (),
    constants: Iterable[Field] = (),
) -> Mapping:
    """Return the mapping of a file's columns; Usage where a field or column is not known.

    `wanted` are pairs of a field (`email`, `email:work`, `address.city`) and a column. Other
    columns go into the field that is called as they are, if there is no constant for it.
    """
    names = _Names(model)
    found: list[tuple[int, Target]] = []
    for text, column in wanted:
        found.append((_position(columns, column), names.target(text)))
    at = None
    if key:
        at = _position(columns, key)
        found.append((at, Target(key_field(model))))
    taken = {i for i, _ in found} | {_position(columns, c) for c in ignore}
    filled = {t.field for _, t in found if t.part != "currency"} | set(constants)
    for i, column in enumerate(columns):
        own = names.find(column)
        if own is not None and i not in taken and own not in filled:
            found.append((i, Target(own)))
            filled.add(own)
    _check_lines(found, columns)
    return Mapping(tuple(columns), tuple(found), at)


def key_field(model: EntityModel) -> Field:
    """Return the field that keeps the identifiers of the rows that a file brought in."""
    found = model.by_key.get("imports.external_id")
    if found is None:
        raise Usage(f"{model.plural} keep no identifiers of other programs; leave --key out")
    return found


def _position(columns: Sequence[str], wanted: str) -> int:
    if wanted in columns:
        return columns.index(wanted)
    for at, column in enumerate(columns):
        if plain(column) == plain(wanted) and plain(wanted):
            return at
    raise Usage(f"the file has {unknown('column', wanted, list(columns))}")


def _check_lines(found: Sequence[tuple[int, Target]], columns: Sequence[str]) -> None:
    """Refuse several columns for a field that can neither repeat nor join their text."""
    seen: dict[tuple[Field, str, str], int] = {}
    for at, target in found:
        kind = target.field.kind.name
        joins = target.field.many or kind in ("text", "note")
        if target.part:
            joins = kind == "address" and target.part != "country"
        place = (target.field, target.label, target.part)
        if not joins and place in seen:
            first = columns[seen[place]]
            raise Usage(f"{target} cannot be read from both {first} and {columns[at]}")
        seen.setdefault(place, at)
