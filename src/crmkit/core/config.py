"""The workspace's configuration: `crmkit.toml`, written by hand, checked on load."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import field, frozen

from crmkit.core.errors import Fault, unknown
from crmkit.core.hours import BusinessHours, read_hours
from crmkit.core.pointing import lines_of
from crmkit.core.serving import Serving, read_serving
from crmkit.core.settings import Section

FILE = "crmkit.toml"
DATABASE = "crmkit.db"

TEMPLATE = """\
# The workspace's configuration. crmkit reads this file and never rewrites it.

name = {name}
{database}
# Where the firm is: ISO 3166 region (for phone numbers), ISO 4217 currency, IANA time zone.
region = {region}
currency = {currency}
timezone = {timezone}

# Plugins of your own, from the folder plugins/ or installed packages.
plugins = []

# When the firm is open (days that are left out are closed), and its holidays, such as
# [hours]
# mon = ["9:00-12:30", "13:30-17:00"]
# holidays = [2026-12-25]

# Keys, such as  quit = ["q", "ctrl+q"]
[keys]
"""


@frozen(kw_only=True, slots=False)
class Config:
    """What `crmkit.toml` says. `database` is a URL, or '' for the file in the workspace."""

    name: str = "crmkit"
    database: str = ""
    region: str = "US"
    currency: str = "USD"
    timezone: str = "UTC"
    theme: str = ""
    plugins: tuple[str, ...] = field(default=(), converter=tuple)
    trusted_screens: tuple[str, ...] = field(default=(), converter=tuple)
    """The plugins whose own screens may be opened: what fails in those ends the program."""
    keys: Mapping[str, tuple[str, ...]] = field(factory=dict)
    hours: Mapping[str, Any] = field(factory=dict)
    server: Serving = Serving()
    """How people are served who come in from elsewhere."""
    sections: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    """What the firm decided for plugins, in sections named as they are."""

    @property
    def zone(self) -> ZoneInfo:
        """The firm's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def business_hours(self) -> BusinessHours:
        """When the firm is open."""
        return read_hours(self.hours, self.zone)


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text in quotes")
    return value


def _section(value: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be a section: [{key}]")
    return value


def _names(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ValueError(f'{key} must be a list such as ["a", "b"]')
    return tuple(value)


def _keys(value: Any, key: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be a section of actions and their keys")
    return {
        action: (keys,) if isinstance(keys, str) else _names(keys, f"{key}.{action}")
        for action, keys in value.items()
    }


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "name": _text, "database": _text, "region": _text, "currency": _text, "timezone": _text,
    "theme": _text, "plugins": _names, "trusted_screens": _names, "keys": _keys, "hours": _section,
    "server": read_serving,
}  # fmt: skip


def read_config(path: Path) -> Config:
    """Return the configuration in a file; Fault names the file and what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
        data, lines = tomllib.loads(text), lines_of(text)
        sections = {
            k: Section(v, {n: f"{path}, line {at}" for (of, n), at in lines.items() if of == k})
            for k, v in data.items() if k not in _READERS and isinstance(v, dict)
        }  # fmt: skip
        for key in data.keys() - sections.keys():
            if key not in _READERS:
                raise ValueError(unknown("setting", key, list(_READERS)))
        known = {k: v for k, v in data.items() if k in _READERS}
        config = Config(
            **{key: _READERS[key](value, key) for key, value in known.items()}, sections=sections
        )
        return _checked(config)
    except OSError as error:
        raise Fault(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: {error}") from None
    except RecursionError:
        raise Fault(f"{path}: it nests deeper than any setting") from None


def _checked(config: Config) -> Config:
    try:
        _ = config.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"timezone {config.timezone!r} is not known; write one such as Europe/Berlin"
        ) from None
    _ = config.business_hours
    if not (len(config.currency) == 3 and config.currency.isascii() and config.currency.isupper()):
        raise ValueError(f"currency {config.currency!r} is not a code such as EUR")
    if not (len(config.region) == 2 and config.region.isascii() and config.region.isupper()):
        raise ValueError(f"region {config.region!r} is not a code such as DE")
    return config
