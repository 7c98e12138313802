"""What `crmkit.toml` says that nobody understands, with the line that says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from crmkit.core.config import Config
from crmkit.core.custom import read_custom
from crmkit.core.errors import unknown
from crmkit.core.kinds.currencies import CURRENCIES
from crmkit.core.model import Model
from crmkit.core.pointing import lines_of, place_of

THEMES = ("", "dark", "light")


def doubts(path: Path, config: Config, model: Model, plugins: Collection[str] = ()) -> list[str]:
    """Return a sentence for each setting of a file that has no effect, or a wrong one.

    `plugins` are those that there are besides those that run.
    """
    lines = lines_of(path.read_text(encoding="utf-8"))
    known = {*plugins, *(p.name for p in model.plugins), *model.off}
    return [
        f"{path.name}{f', line {lines[at]}' if at in lines else ''}: {said}"
        for at, said in _doubts(config, model, sorted(known))
    ]


def key_doubts(path: Path, model: Model) -> Iterator[str]:
    """Yield a sentence for each key in `custom.toml` that has no effect, or a wrong one."""
    from crmkit.tui.customkeys import checked_keys

    given = {one.action: one.keys for one in read_custom(path).keys}
    for fault in checked_keys(model, {}, given).faults:
        said = fault.removeprefix("keys: ")
        for action in given:  # a command's key is the command's, by whatever name
            said = said.replace(f"run.{action.partition('.')[2]}:", f"{action}:")
        named = [action for action in given if action in said]
        yield f"{place_of(str(path), repr(named[0]) if named else said)}: {said}"


def _doubts(
    config: Config, model: Model, plugins: list[str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the section and the name of a setting, and what there is to say of it."""
    from phonenumbers import SUPPORTED_REGIONS

    from crmkit.tui.customkeys import checked_keys

    if config.region not in SUPPORTED_REGIONS:
        yield ("", "region"), f"there is no region {config.region}; write one such as DE"
    if config.currency not in CURRENCIES:
        yield ("", "currency"), f"there is no currency {config.currency}; write one such as EUR"
    if config.theme not in THEMES:
        yield ("", "theme"), f"there is no theme {config.theme!r}; write dark or light"
    for section in config.sections:
        if section not in plugins:
            yield (section, ""), f"[{section}]: {unknown('plugin', section, plugins)}"
    given = dict(config.keys)
    for fault in checked_keys(model, given, {}).faults:
        named = [action for action in given if re.search(rf"\b{re.escape(action)}\b", fault)]
        yield ("keys", (named or [""])[0]), fault
