"""Ending sessions, as `kick` and a key that is revoked ask for it: the house knows whose they are.

What a session says of itself, in the workspace, is not believed: somebody in it might have written
the number of the house.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from crmkit.core import presence
from crmkit.core.errors import Denied, Fault, NotFound
from crmkit.core.serving import visit
from crmkit.server import wire

END = "end"
"""What is asked."""
PATIENCE = 3.0
"""Seconds that a session has to end by itself before it is killed."""
_ANSWER = 10.0


@frozen
class Target:
    """A session that is to end; the handle is of this process, whatever comes after it."""

    pid: int
    user: str
    handle: int


def ask(workspace: Path, socket: str, who: str, by: str) -> dict[int, str]:
    """Have the house end the sessions of a user, or one by its number; return whose ended.

    None of these is the one that asks. Where no house of this workspace answers to whoever asks,
    nobody ended. Raises the CrmError that the house answers with.
    """
    question = {"ask": END, "who": who, "by": by, "workspace": str(workspace.resolve())}
    house = visit().house
    try:
        if house is not None:
            wire.send(house, question)
            told = wire.heard(house, _ANSWER)
        else:
            told = wire.ask(socket or wire.HOUSE, question, _ANSWER, start=0)
    except OSError:
        return {}
    if told.get("exit") in (wire.NOT_YOU, NotFound.exit_code):
        return {}
    if "say" in told:
        raise {Denied.exit_code: Denied}.get(told["exit"], Fault)(str(told["say"]))
    return {int(pid): str(user) for pid, user in told.get("ended", ())}


def chosen(who: object, sessions: Mapping[int, str], but: int) -> list[Target]:
    """Return the sessions that a name or a number means, without one; those still live."""
    found = []
    for pid, user in sessions.items():
        if user and pid != but and who in (user, str(pid)):
            with suppress(OSError):  # it has just ended
                found.append(Target(pid, user, os.pidfd_open(pid)))
    return found


def end(
    workspace: Path, question: Mapping[str, Any], asker: str, targets: Sequence[Target]
) -> dict[str, Any]:
    """End sessions, and return which; in a process of its own, for this takes a while.

    `asker` is the user in whose session it is asked, '' for an account that owns the data. Denied
    unless he is an admin or they are his own.
    """
    if asker:
        _demand_right(workspace, asker, targets)
    elif question.get("workspace") != str(workspace.resolve()):
        raise NotFound("the server has the sessions of another workspace")
    folder = presence.folder(workspace)
    for target in targets:
        # Whoever sits there is told by whom.
        presence.end(folder, target.pid, asker or str(question.get("by", "")))
        _signal(target, signal.SIGTERM)
    for target in _left(targets):
        _signal(target, signal.SIGKILL)
    for target in targets:
        presence.leave(folder, target.pid)
    return {"ended": [(target.pid, target.user) for target in targets]}


def _demand_right(workspace: Path, asker: str, targets: Sequence[Target]) -> None:
    from crmkit.app import open_crm

    if all(target.user == asker for target in targets):
        return
    crm = open_crm(workspace)
    try:
        if "admin" not in crm.actor(asker).roles:
            raise Denied("only an admin ends the sessions of others", grant="admin")
    finally:
        crm.store.close()


def _signal(target: Target, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(target.handle, number)


def _left(targets: Sequence[Target]) -> list[Target]:
    """Wait; return those who have not ended by themselves."""
    poll = select.poll()
    for target in targets:
        poll.register(target.handle, select.POLLIN)
    left = {target.handle: target for target in targets}
    until = time.monotonic() + PATIENCE
    while left and (wait := until - time.monotonic()) > 0:
        for handle, _ in poll.poll(1000 * wait):
            poll.unregister(handle)
            del left[handle]
    return list(left.values())
