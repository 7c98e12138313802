"""Settings: what a plugin lets the firm decide in `crmkit.toml`, under the plugin's own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from crmkit.core.errors import raised, unknown

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


class Section(dict[str, Any]):
    """What the firm decided for one plugin, and where it says so: `file, line n` by the name."""

    def __init__(self, values: Mapping[str, Any], places: Mapping[str, str]) -> None:
        super().__init__(values)
        self.places = places


def resolve(
    settings: Mapping[str, Iterable[Setting[Any]]], sections: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[Setting[Any], Any], list[tuple[str, str, str]]]:
    """Return the value of every setting, given by plugin, and the plugin, place and text of faults.

    A section of no plugin that runs is left alone; where something is wrong the default stands.
    """
    found: dict[Setting[Any], Any] = {}
    wrong: list[tuple[str, str, str]] = []
    for plugin, declared in settings.items():
        section = sections.get(plugin, {})
        places = section.places if isinstance(section, Section) else {}
        known = {setting.name: setting for setting in declared}
        for name in section:
            if name not in known:
                told = f"[{plugin}] {unknown('setting', name, [*known])}"
                wrong.append((plugin, places.get(name, ""), told))
        for name, setting in known.items():
            found[setting] = setting.default
            if name in section:
                try:
                    found[setting] = setting.value(section[name])
                except Exception as error:
                    why = str(error) if type(error) is ValueError else raised(error)
                    wrong.append((plugin, places.get(name, ""), f"[{plugin}] {name}: {why}"))
    return found, wrong
