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
_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
LONGEST = 32_768
"""Characters that a command may have."""


class TooLong(ValueError):
    """The command is longer than one may be."""

    def __init__(self) -> None:
        super().__init__(
            f"the command is too long: it may have {LONGEST:,} characters; give a file with more, "
            "by standard input"
        )


@frozen
class Request:
    """A session: whose it is, and what is to be run; no command is the terminal UI."""

    user: str
    command: str | None = None
    term: str = ""
    lang: str = ""
    origin: str = ""
    key: str = ""
    """The fingerprint of the key that let him in; '' where it was none of ours."""

    @property
    def wire(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return {
            "as": self.user, "command": self.command, "term": self.term, "lang": self.lang,
            "from": self.origin, "key": self.key,
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
    if command is not None and not isinstance(command, str):
        raise ValueError("the command is no text")
    if command is not None and len(command) > LONGEST:
        raise TooLong
    if command is not None and "\0" in command:
        raise ValueError("the command holds what no command may hold")
    return Request(
        user, command if command and command.strip() else None,
        _only(message.get("term"), _WORD), _only(message.get("lang"), _WORD),
        _only(message.get("from"), _PLACE), _key(message.get("key", "")),
    )  # fmt: skip


def _key(value: Any) -> str:
    if not isinstance(value, str) or (value and not _KEY.fullmatch(value)):
        raise ValueError("the key has no fingerprint")
    return value


def _only(value: Any, pattern: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""
