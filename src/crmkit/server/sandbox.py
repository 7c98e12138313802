"""The walls of a session: it gives up, before it reads a key, whatever a session has no use for.

What goes on inside is not held back by them: who takes over a session's process has the database.
But no other program is started, no connection made, and nothing read or written elsewhere.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from crmkit.core.errors import Fault
from crmkit.core.workspace import open_workspace, settle_login
from crmkit.server import kernel, landlock, seccomp
from crmkit.server.landlock import CHANGE, KEEP, Grant
from crmkit.server.reach import Reach, hold, look_up, programs, reach_of, sweep, use_folder

STATE = "state"
TEMPORARY = ".tmp"
"""The folder in the state folder where SQLite and imports put what does not fit in memory."""


def lacks() -> list[str]:
    """Return which walls cannot be had on this machine, a sentence each."""
    found = [why] if (why := seccomp.possible()) else []
    version = landlock.abi()
    if not version:
        found.append("this kernel does not restrict files (Landlock, from Linux 5.13)")
    elif version < 3:
        found.append("this kernel lets files elsewhere be emptied (Landlock, before Linux 6.2)")
    return found


def confine(workspace: Path, *, strict: bool) -> list[str]:
    """Take this process's rights away, for good; return what could not be had, a sentence each.

    To be called in a child of its own, before it starts a thread or opens the database. What is
    left is: reading the program and the workspace, changing the database, its users' state, and
    temporary files; of the network at most a PostgreSQL server. Raises Fault where `strict` and
    anything could not be had, or where the workspace does not open.
    """
    place = open_workspace(workspace)
    settle_login()
    reach = reach_of(place.url)
    state = place.path / STATE
    missing: list[str] = []
    if kernel.threads() > 1:
        missing.append("threads were running already: files are not restricted for them")
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        (state / TEMPORARY).mkdir(mode=0o700, exist_ok=True)
        sweep(state / TEMPORARY)
        hold(reach)
    except OSError as error:
        raise Fault(f"{error.filename or state} cannot be used: {error.strerror}") from None
    use_folder(state / TEMPORARY)
    look_up(reach)
    grants = [*programs(place.path, reach), *_own(place.path, reach)]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    walls: tuple[tuple[str, Callable[[], object]], ...] = (
        ("no new privileges", kernel.keep_rights_low),
        ("memory that nobody looks into", kernel.hide_memory),
        ("files (Landlock)", lambda: landlock.restrict(grants, reach.ports)),
        ("system calls (seccomp)", lambda: seccomp.restrict(reach.families)),
    )
    lacking = lacks()
    missing += lacking
    for name, raise_wall in walls:
        try:
            raise_wall()
        except (OSError, KeyError) as error:
            if not lacking:
                missing.append(f"{name}: {error}")
    if strict and missing:
        raise Fault("a session cannot be walled in: " + "; ".join(missing))
    return missing


def _own(workspace: Path, reach: Reach) -> list[Grant]:
    """Return what is granted of the firm's own: little that is there, nothing that is run.

    Neither `plugins` nor `crmkit.toml` can be written: the house would run them, outside.
    """
    found = [Grant(workspace, landlock.READ), Grant(workspace / STATE, KEEP)]
    found += [Grant(path, CHANGE) for path in reach.files]
    with suppress(RuntimeError):
        home = Path.home()
        found += [Grant(home / name, landlock.READ) for name in reach.private]
    return found


def available() -> str:
    """Return in a few words which walls this machine has."""
    words = [] if seccomp.possible() else ["system calls (seccomp)"]
    if version := landlock.abi():
        words.append(f"files (Landlock {version})")
    return " and ".join(words) if words else "none"
