"""A firm, and processes that are walled in, or not, before they do something."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmkit.app import init

Attack = Callable[[Path], object]
"""What somebody tries who got into a session of a firm; PermissionError where it is refused."""


class Failed(Exception):
    """What was done in the other process raised something."""


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of ada's with a few leads."""
    monkeypatch.setenv("LOGNAME", "ada")
    place = tmp_path / "firm"
    crm = init(place)
    session = crm.session("ada")
    for n in range(3):
        session.add("lead", {"name": f"Lead {n}", "email": "someone@example.com"})
    crm.store.close()
    return place


def in_child(work: Callable[[], Any], patience: int = 60) -> Any:
    """Return what a function returns in a forked process; Failed with the text of its error."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(patience)
            os.close(ours)
            try:
                answer = (True, work())
            except BaseException as error:
                answer = (False, f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
            with os.fdopen(theirs, "wb") as pipe:
                pickle.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        raw = pipe.read()
    _, status = os.waitpid(child, 0)
    if not raw:
        raise Failed(f"the process ended with status {status}")
    done, result = pickle.loads(raw)
    if not done:
        raise Failed(result)
    return result


def made(result: int) -> int:
    """Return what a system call returned; PermissionError where it failed."""
    if result < 0:
        raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def attempt(attack: Attack, place: Path) -> bool:
    """Return whether an attack did what it is for; the walls answer 'not permitted'."""
    try:
        attack(place)
    except PermissionError:
        return False
    return True
