"""The feed: a line of JSON behind every commit, for the firm's other programs to follow.

It says who changed which fields of which record, and when; never a value, so that a log of it
holds no personal data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from crmkit.api import Commit, Listener, Notification, Plugin, Setting, Told, hookimpl

plugin = Plugin("feed", version="1.0", summary="A file that tells other programs what changed")


def _place(given: Any) -> str:
    if not isinstance(given, str) or (given and not os.path.isabs(given)):
        raise ValueError(f"write the whole path of a file, in quotes, not {given!r}")
    return given


FILE = Setting("file", "", read=_place, help="The file that gets a line of JSON for every commit.")

PROGRAMS = Setting(
    "programs", False, help="Whether there is a line too when a program begins and when it ends."
)

NOTICES = Setting(
    "notices", False, help="Whether there is a line too for every notice, without its text."
)


def tell(commit: Commit, told: Told) -> None:
    """Append a commit to the firm's file, whole, whoever else does at the same time."""
    path = told.setting(FILE)
    if not path:
        return
    _append(path, {
        "commit": commit.id, "at": commit.at.isoformat(), "actor": commit.actor_name,
        "via": commit.via, "undoes": commit.undoes,
        "changes": [
            {"entity": c.entity, "record": c.record, "op": c.op, "fields": sorted(c.fields)}
            for c in commit.changes
        ],
    })  # fmt: skip


def _append(path: str, line: Mapping[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{json.dumps(line)}\n".encode())
    finally:
        os.close(handle)


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """Where it goes."""
    yield FILE
    yield PROGRAMS
    yield NOTICES


@hookimpl
def crm_listeners() -> Iterable[Listener]:
    """Behind every commit."""
    yield Listener("feed", tell)


@hookimpl
def crm_notify(notice: Notification, told: Told) -> None:
    """Somebody is told something."""
    path = told.setting(FILE)
    if path and told.setting(NOTICES):
        about = notice.about and {"entity": notice.about.entity, "record": notice.about.id}
        line = {"notice": notice.to, "at": told.now.isoformat(), "about": about}
        _append(path, {**line, "source": notice.source})


def _tell_program(told: Told, what: str) -> None:
    path = told.setting(FILE)
    if path and told.setting(PROGRAMS):
        _append(path, {"program": what, "at": told.now.isoformat(), "process": os.getpid()})


@hookimpl
def crm_started(told: Told) -> None:
    """Somebody works with the data."""
    _tell_program(told, "started")


@hookimpl
def crm_stopping(told: Told) -> None:
    """He ends."""
    _tell_program(told, "stopping")
