"""What `crmkit.toml` says that nobody understands, with the line that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from crmkit.core.config import Config
from crmkit.core.kinds.currencies import CURRENCIES
from crmkit.core.model import Model

THEMES = ("", "dark", "light")


def doubts(path: Path, config: Config, model: Model) -> list[str]:
    """Return a sentence for each setting of a file that has no effect, or a wrong one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{path.name}{_line(lines, key)}: {said}" for key, said in _doubts(config, model)]


def _doubts(config: Config, model: Model) -> Iterator[tuple[str, str]]:
    from phonenumbers import SUPPORTED_REGIONS

    from crmkit.tui.customkeys import checked_keys

    if config.region not in SUPPORTED_REGIONS:
        yield "region", f"there is no region {config.region}; write one such as DE"
    if config.currency not in CURRENCIES:
        yield "currency", f"there is no currency {config.currency}; write one such as EUR"
    if config.theme not in THEMES:
        yield "theme", f"there is no theme {config.theme!r}; write dark or light"
    given = dict(config.keys)
    for fault in checked_keys(model, given, {}).faults:
        named = [action for action in given if re.search(rf"\b{re.escape(action)}\b", fault)]
        yield (named or [""])[0], fault


def _line(lines: list[str], key: str) -> str:
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    at = [n for n, line in enumerate(lines, 1) if key and pattern.match(line)]
    return f", line {at[0]}" if at else ""
