"""What somebody who comes in asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

_NAME = re.compile(r"[^\x00-\x20\x7f-\x9f/]{1,64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_PLACE = re.compile(r"[0-9A-Za-z.:%_-]{0,64}")
_COMMAND = 32_768


@frozen
class Request:
    """A session: whose it is, and what is to be run; no command is the terminal UI."""

    user: str
    command: str | None = None
    term: str = ""
    lang: str = ""
    origin: str = ""

    @property
    def wire(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return {
            "as": self.user, "command": self.command, "term": self.term, "lang": self.lang,
            "from": self.origin,
        }  # fmt: skip


def read_message(raw: bytes) -> Mapping[str, Any]:
    """Return a message as it was sent; ValueError where it is none."""
    try:
        found = json.loads(raw)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("a message is a table of names and values")
    return found


def read_request(message: Mapping[str, Any]) -> Request:
    """Return the request of a message; ValueError says what is wrong.

    What a client may choose is taken only as far as it is harmless: the rest is left out.
    """
    user, command = message.get("as"), message.get("command")
    if not isinstance(user, str) or not _NAME.fullmatch(user):
        raise ValueError("the message names no user")
    if command is not None and (not isinstance(command, str) or len(command) > _COMMAND):
        raise ValueError("the command is too long")
    if command is not None and "\0" in command:
        raise ValueError("the command holds what no command may hold")
    return Request(
        user, command if command and command.strip() else None,
        _only(message.get("term"), _WORD), _only(message.get("lang"), _WORD),
        _only(message.get("from"), _PLACE),
    )  # fmt: skip


def _only(value: Any, pattern: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
