"""What is kept in the workspace for each user: where he was, what he typed, what failed."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

PLACE = "place.json"
DRAFT = f"draft-{os.getpid()}.json"
"""What is typed in this window; each has a file of its own, named by its process."""
FAILURES = "plugins.json"
_LARGEST = 1 << 20
"""Bytes of a file that is read: whoever is in a session may write there what he likes."""


_marks: dict[Path, int] = {}
"""The files that this process holds a lock on, so that others know its drafts for its own."""


def _name_draft() -> None:
    global DRAFT
    DRAFT = f"draft-{os.getpid()}.json"
    while _marks:
        os.close(_marks.popitem()[1])


os.register_at_fork(after_in_child=_name_draft)


def read(folder: Path, name: str) -> dict[str, Any]:
    """Return what was kept; nothing where there is none, or where it cannot be read."""
    try:
        with (folder / name).open("rb") as file:
            data = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def write(folder: Path, name: str, data: Mapping[str, Any]) -> bool:
    """Keep something, whole or not at all; False where it cannot be kept."""
    made = ""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, made = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False)
        os.replace(made, folder / name)
    except OSError:
        with suppress(OSError):
            os.unlink(made)  # nothing is left of it on a disk that is full
        return False
    return True


def failures(folder: Path) -> dict[str, str]:
    """Return the plugins that failed when the program was started last, and why."""
    return {name: str(why) for name, why in read(folder, FAILURES).items()}


def keep_draft(folder: Path, data: Mapping[str, Any]) -> bool:
    """Keep what is being typed in this window; False where it cannot be kept."""
    _mark(folder)
    return write(folder, DRAFT, data)


def forget_draft(folder: Path) -> None:
    """Forget what was being typed in this window."""
    forget(folder, DRAFT)
    mark = _mark_of(folder / DRAFT)
    mark.unlink(missing_ok=True)
    if mark in _marks:
        os.close(_marks.pop(mark))


def left_draft(folder: Path) -> dict[str, Any]:
    """Return what was being typed in a window that has ended, and take it over; else nothing.

    Of several the newest; windows that are still open keep theirs.
    """
    found = [path for path in folder.glob("draft*.json") if not _is_open_elsewhere(path)]
    for path in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True):
        draft = read(folder, path.name)
        if path.name != DRAFT:
            _mark(folder)
            path.replace(folder / DRAFT)
            _mark_of(path).unlink(missing_ok=True)
        if draft:
            return draft
    return {}


def _mark_of(draft: Path) -> Path:
    return draft.with_suffix(".open")


def _mark(folder: Path) -> None:
    """Hold a lock beside the draft for as long as this process lives.

    Its number alone tells nothing: numbers of processes come again, and a session behind walls
    cannot ask which process has one.
    """
    mark = _mark_of(folder / DRAFT)
    if mark in _marks:
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _marks[mark] = file


def _is_open_elsewhere(path: Path) -> bool:
    if path.name == DRAFT:
        return False
    try:
        file = os.open(_mark_of(path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def forget(folder: Path, name: str) -> None:
    """Forget what was kept."""
    (folder / name).unlink(missing_ok=True)
