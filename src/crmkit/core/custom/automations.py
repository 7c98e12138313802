"""Automations without code: the sections `[[automation]]` and `[[switch]]` of `custom.toml`.

A trigger is written as people say it: `created`, `updated value,notes`, `moved to QUALIFIED from
CONTACTED`, `in CONTACTED for 7d`, `at next_call`, `2d before expected_close`, `1h after next_call`.
What it does is written as in the shell: `action kind=call subject="Ring {title}" due=+1d`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from attrs import field, frozen

from crmkit.core.automation import (
    Automation,
    Created,
    Do,
    Moved,
    Older,
    Reached,
    Switch,
    Trigger,
    Updated,
    span,
)

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_IN = re.compile(r"in\s+(\w+)\s+for\s+(.+)", re.IGNORECASE)
_UPDATED = re.compile(r"updated\b([\w., ]*)")
_MOVED = re.compile(r"moved(?:\s+from\s+(\w+))?(?:\s+(?:to\s+)?(\w+))?(?:\s+from\s+(\w+))?")
_AT = re.compile(r"at\s+([\w.]+)")
_AROUND = re.compile(r"(.+?)\s+(before|after)\s+([\w.]+)")
_FORMS = (
    "created; updated FIELD,...; moved to STATE [from STATE]; in STATE for 7d; at FIELD; "
    "2d before FIELD; 2d after FIELD"
)


def read_trigger(text: str) -> Trigger:
    """Return the trigger that a text says; ValueError tells the forms that there are."""
    said = " ".join(text.split())
    if said == "created":
        return Created()
    if found := _UPDATED.fullmatch(said):
        return Updated(*re.findall(r"[\w.]+", found[1]))
    if found := _MOVED.fullmatch(said):
        return Moved(found[2] or "", found[1] or found[3] or "")
    if found := _IN.fullmatch(said):
        span(found[2])
        return Older(found[1], found[2])
    if found := _AT.fullmatch(said):
        return Reached(found[1])
    if found := _AROUND.fullmatch(said):
        span(found[1])
        return Reached(found[3], ("-" if found[2] == "before" else "") + found[1])
    raise ValueError(f"{text!r} is no trigger; write one of: {_FORMS}")


def written(trigger: Trigger) -> str:
    """Return the text of a trigger, which `read_trigger` reads."""
    if isinstance(trigger, Updated):
        return f"updated {','.join(trigger.fields)}".strip()
    if isinstance(trigger, Moved):
        to = f" to {trigger.to}" if trigger.to else ""
        return f"moved{to}" + (f" from {trigger.source}" if trigger.source else "")
    if isinstance(trigger, Older):
        return f"in {trigger.state} for {trigger.than}"
    if isinstance(trigger, Reached):
        length = trigger.offset.lstrip("+-").strip()
        side = "before" if trigger.offset.startswith("-") else "after"
        return f"{length} {side} {trigger.field}" if length else f"at {trigger.field}"
    return "created"


def read_effect(text: str) -> Do:
    """Return what a text says is to be done; ValueError says what is wrong with it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: {str(error).lower()}") from None
    if not words or "=" in words[0]:
        raise ValueError(f"{text!r} names no effect; write one such as: notify to=anna text=Look")
    for word in words[1:]:
        if "=" not in word:
            raise ValueError(f"{text!r}: write key=value, not {word!r}")
    return Do(words[0], **dict(word.split("=", 1) for word in words[1:]))


def spelt(do: Do) -> str:
    """Return the text of what is done, which `read_effect` reads."""
    return shlex.join([do.effect, *(f"{key}={text}" for key, text in do.said.items())])


def _texts(given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise ValueError("do: write a list of texts")
    return tuple(given)


@frozen(kw_only=True)
class CustomAutomation:
    """An automation of the firm's own; it is off until a switch turns it on."""

    name: str
    entity: str
    on: str
    do: tuple[str, ...] = field(default=(), converter=_texts)
    where: str = ""
    label: str = ""

    def __attrs_post_init__(self) -> None:
        if not _WORD.fullmatch(self.name):
            raise ValueError("name: write small letters, digits and _, such as ring_new_leads")
        for key, read, given in (("on", read_trigger, (self.on,)), ("do", read_effect, self.do)):
            for text in given:
                try:
                    read(text)
                except ValueError as error:
                    raise ValueError(f"{key}: {error}") from None
        if not self.do:
            raise ValueError("do: say what it does")

    @property
    def ident(self) -> tuple[str, ...]:
        """What names it."""
        return (self.name,)

    def declared(self) -> Automation:
        """Return the automation."""
        return Automation(
            self.name, self.entity, read_trigger(self.on), tuple(map(read_effect, self.do)),
            where=self.where, label=self.label, on=False,
        )  # fmt: skip


@frozen(kw_only=True)
class CustomSwitch:
    """Whether an automation, the firm's or a plugin's, is on."""

    automation: str
    on: bool = True

    @property
    def ident(self) -> tuple[str, ...]:
        """What names it."""
        return (self.automation,)

    def declared(self) -> Switch:
        """Return the switch."""
        return Switch(self.automation, self.on)
