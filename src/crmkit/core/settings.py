"""Settings: what a plugin lets the firm decide in `crmkit.toml`, under the plugin's own name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from crmkit.core.errors import Fault, unknown

T = TypeVar("T")


@frozen(eq=False)
class Setting(Generic[T]):
    """One thing that a firm may decide: `name = value` in the section of the plugin.

    `read` turns the TOML value into the setting's; its ValueError says what is wrong. Without it
    the value must be of the default's own type.
    """

    name: str
    default: T
    read: Callable[[Any], T] | None = field(kw_only=True, default=None)
    help: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")

    def value(self, given: Any) -> T:
        """Return the setting's value for a TOML value; ValueError says what is wrong."""
        if self.read is not None:
            return self.read(given)
        kind = type(self.default)
        if type(given) is not kind:
            raise ValueError(f"write {_NAMES.get(kind, kind.__name__)}, not {given!r}")
        found: T = given
        return found


_NAMES = {
    int: "a whole number", str: "text in quotes", bool: "true or false", list: "a list",
    dict: "a section",
}  # fmt: skip


def resolve(
    settings: Iterable[tuple[str, Setting[Any]]],
    sections: Mapping[str, Mapping[str, Any]],
    off: Collection[str] = (),
) -> Mapping[Setting[Any], Any]:
    """Return the value of every setting, each given with its plugin; Fault names what is wrong.

    Sections of plugins in `off` are left alone.
    """
    known: dict[str, dict[str, Setting[Any]]] = {}
    for plugin, setting in settings:
        known.setdefault(plugin, {})[setting.name] = setting
    for section, values in sections.items():
        if section not in known and section not in off:
            raise Fault(f"crmkit.toml: {unknown('setting', section, sorted(known))}")
        for name in values:
            if section in known and name not in known[section]:
                told = unknown("setting", name, sorted(known[section]))
                raise Fault(f"crmkit.toml: [{section}] {told}")
    found: dict[Setting[Any], Any] = {}
    for section, group in known.items():
        for name, setting in group.items():
            try:
                given = sections.get(section, {})
                found[setting] = setting.value(given[name]) if name in given else setting.default
            except ValueError as error:
                raise Fault(f"crmkit.toml: [{section}] {name}: {error}") from None
    return found
