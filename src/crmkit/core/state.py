"""What is kept in the workspace for each user: where he was, what he typed, what failed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLACE = "place.json"
DRAFT = "draft.json"
FAILURES = "plugins.json"


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return what was kept; nothing where there is none, or where it cannot be read."""
    try:
        data = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write(folder: Path, name: str, data: Mapping[str, Any]) -> bool:
    """Keep something, whole or not at all; False where it cannot be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, made = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
        os.replace(made, folder / name)
    except OSError:
        return False
    return True


def failures(folder: Path) -> dict[str, str]:
    """Return the plugins that failed when the program was started last, and why."""
    return {name: str(why) for name, why in read(folder, FAILURES).items()}


def forget(folder: Path, name: str) -> None:
    """Forget what was kept."""
    (folder / name).unlink(missing_ok=True)
