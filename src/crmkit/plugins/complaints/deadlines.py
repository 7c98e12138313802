"""Deadlines: three clocks on each complaint, that stop while the client is waited for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from crmkit.api import (
    BusinessHours,
    CalendarTime,
    Context,
    Item,
    Pause,
    Setting,
    Tag,
    Told,
    due,
    elapsed,
    parse_span,
    spoken,
)
from crmkit.plugins.complaints.complaint import CLOCKS, SEVERITIES, WAITING, Complaint
from crmkit.plugins.complaints.regulator import SCHEME

Spans = Mapping[str, Mapping[str, str]]
_AT_ONCE = 500

USUAL: Spans = {
    "CRITICAL": {
        "acknowledge": "4 business hours", "respond": "1 business day",
        "resolve": "10 business days",
    },
    "HIGH": {
        "acknowledge": "1 business day", "respond": "3 business days",
        "resolve": "20 business days",
    },
    "MEDIUM": {
        "acknowledge": "2 business days", "respond": "5 business days", "resolve": "8 weeks",
    },
    "LOW": {
        "acknowledge": "3 business days", "respond": "10 business days", "resolve": "8 weeks",
    },
}  # fmt: skip
"""The time for each clock, by severity."""


def _spans(given: Any) -> Spans:
    if not isinstance(given, dict):
        raise ValueError("write a section for each severity")
    found = {severity: dict(usual) for severity, usual in USUAL.items()}
    for severity, spans in given.items():
        if severity not in SEVERITIES or not isinstance(spans, dict):
            raise ValueError(f"{severity} is no severity; write one of {', '.join(SEVERITIES)}")
        for clock, text in spans.items():
            if clock.upper() not in CLOCKS:
                raise ValueError(f"{severity}: {clock} is not acknowledge, respond or resolve")
            parse_span(str(text))
            found[severity][clock] = str(text)
    return found


DEADLINES: Setting[Spans] = Setting(
    "deadlines", USUAL, read=_spans, help="The time to acknowledge, respond and resolve."
)


@frozen
class _Clock:
    """One clock: its name, the field of its deadline, and those that stop it for good."""

    name: str
    by: str
    done: tuple[str, ...]

    def deadline(self, complaint: Complaint) -> dt.datetime | None:
        """Return the moment by which it is to be stopped; None while it stands still."""
        found: dt.datetime | None = getattr(complaint, self.by)
        return found

    def stopped(self, complaint: Complaint) -> dt.datetime | None:
        """Return when it was stopped for good."""
        known = [at for name in self.done if (at := getattr(complaint, name)) is not None]
        return min(known, default=None)

    def running_out(self, until: dt.datetime) -> str:
        """Return a filter for the open complaints whose clock runs out before a moment."""
        still = " ".join(f"{name}:none" for name in self.done)
        return f"is:open {self.by}<{until:%Y-%m-%dT%H:%M:%SZ} {still}"


RESOLVE = _Clock("RESOLVE", "resolve_by", ("final_at", "resolved_at"))
"""A final response stops it: then it is for the client to say whether that will do."""
ALL = (
    _Clock("ACKNOWLEDGE", "acknowledge_by", ("acknowledged_at",)),
    _Clock("RESPOND", "respond_by", ("responded_at",)),
    RESOLVE,
)


def watch(before: Complaint | None, after: Complaint, ctx: Context) -> Mapping[str, Any]:
    """Fill in the waits, the deadlines, and the breaches that are facts by now."""
    found: dict[str, Any] = {"waits": _waits(before, after, ctx.now)}
    if before is not None and before.status != after.status == "REOPENED":
        found["reopened_at"] = ctx.now
    after = after.evolve(**found)
    found |= {c.by: _deadline(c, after, ctx) for c in ALL if not _settled(c, before, after)}
    after = after.evolve(**found)
    clock = next_clock(after)
    found["due_at"] = clock.deadline(after) if clock else None
    found["breached"] = tuple(Item(name) for name in _breaches(after, ctx.now))
    return found


def _waits(before: Complaint | None, after: Complaint, now: dt.datetime) -> tuple[Item, ...]:
    """Return the waits with one begun or ended, where the complaint came to wait or went on."""
    waited = before is not None and before.status == WAITING
    waits = [item.value for item in after.waits]
    if after.status == WAITING and not waited:
        waits.append(f"{_stamp(now)}/..")
    elif waited and after.status != WAITING:
        waits = [w.replace("..", _stamp(now)) for w in waits]
    return tuple(Item(w) for w in waits)


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def pauses(complaint: Complaint) -> list[Pause]:
    """Return the times in which the client was waited for."""
    found = []
    for item in complaint.waits:
        start, _, end = item.value.partition("/")
        until = None if end == ".." else dt.datetime.fromisoformat(end)
        found.append(Pause(dt.datetime.fromisoformat(start), until))
    return found


def clock_of(text: str, hours: BusinessHours) -> tuple[dt.timedelta, Any]:
    """Return a span's length, and what it is counted on: business hours or the calendar."""
    span, kind = parse_span(text, hours.usual_day)
    return span, hours if kind == "business" else CalendarTime(hours.zone)


def _settled(clock: _Clock, before: Complaint | None, after: Complaint) -> bool:
    """Whether a clock was stopped already: what the firm decides later is not held against it."""
    if before is None or clock.stopped(before) is None:
        return False
    facts = ("received_at", *clock.done)
    return all(getattr(before, name) == getattr(after, name) for name in facts)


def _deadline(clock: _Clock, complaint: Complaint, ctx: Context) -> dt.datetime | None:
    """Return the moment by which a clock is to be stopped; None while it stands still."""
    if complaint.received_at is None:
        return None
    stopped = clock.stopped(complaint)
    waits = [p for p in pauses(complaint) if stopped is None or p.start < stopped]
    span, counted = _counted(clock, complaint, ctx)
    by: dt.datetime | None = due(counted, _start(clock, complaint), span, waits, ctx.now)
    if by is not None and waits and waits[-1].end is None and by >= waits[-1].start:
        by = None
    limit = _limit(complaint, ctx) if clock is RESOLVE else None
    return min((at for at in (by, limit) if at is not None), default=None)


def _start(clock: _Clock, complaint: Complaint) -> dt.datetime:
    """Return when a clock began; that of the resolution begins anew with a reopening."""
    assert complaint.received_at is not None
    again = complaint.reopened_at if clock is RESOLVE else None
    return again or complaint.received_at


def _counted(clock: _Clock, complaint: Complaint, told: Context | Told) -> tuple[dt.timedelta, Any]:
    """Return how long a clock has, and what that is counted on."""
    text = told.setting(DEADLINES)[complaint.severity][clock.name.lower()]
    return clock_of(text, told.locale.hours)


def _limit(complaint: Complaint, ctx: Context) -> dt.datetime | None:
    """Return the end of the scheme's time, which goes on while the client is waited for.

    It begins anew for a complaint that is reopened after it.
    """
    scheme = ctx.setting(SCHEME)
    if scheme is None or complaint.received_at is None:
        return None
    span, counted = clock_of(scheme.resolve_within, ctx.locale.hours)
    limit: dt.datetime = counted.add(complaint.received_at, span)
    again = complaint.reopened_at
    return counted.add(again, span) if again is not None and again > limit else limit


def _breaches(complaint: Complaint, now: dt.datetime) -> Iterator[str]:
    """Yield the clocks that ran out before they were stopped; once a fact, always a fact."""
    known = {item.value for item in complaint.breached}
    for clock in ALL:
        by, until = clock.deadline(complaint), clock.stopped(complaint)
        if until is None and complaint.status != "RESOLVED":
            until = now
        if clock.name in known or (by is not None and until is not None and until > by):
            yield clock.name


def next_clock(complaint: Complaint) -> _Clock | None:
    """Return the clock that runs out next, of those that nothing has stopped."""
    if complaint.status == "RESOLVED":
        return None
    left = [c for c in ALL if c.deadline(complaint) and c.stopped(complaint) is None]
    return min(left, key=lambda c: getattr(complaint, c.by), default=None)


def badge(complaint: Complaint, told: Told) -> Tag | None:
    """Return the time left on the next clock: amber in its last quarter, red when it is over."""
    clock = next_clock(complaint)
    if clock is None:
        return Tag("clock stopped") if complaint.status == WAITING else None
    by = clock.deadline(complaint)
    assert by is not None
    verb = clock.name.lower()
    if told.now > by:
        return Tag(f"{verb} {spoken(told.now - by)} over", "bad")
    _, counted = _counted(clock, complaint, told)
    whole = elapsed(counted, _start(clock, complaint), by, pauses(complaint))
    left = elapsed(counted, told.now, by)
    return Tag(f"{verb} in {_said(left, counted)}", "warn" if 4 * left <= whole else "quiet")


def _said(left: dt.timedelta, counted: Any) -> str:
    """Return a time left in words; a business day is not 24 hours long."""
    if not isinstance(counted, BusinessHours) or left < counted.usual_day:
        return spoken(left)
    days = left // counted.usual_day
    return f"{days} business day{'' if days == 1 else 's'}"


def record_breaches(ctx: Context) -> str | None:
    """Write down the breaches of complaints that nobody has touched since."""
    found = 0
    for clock in ALL:
        late = f"{clock.running_out(ctx.now)} -breached:{clock.name}"
        while complaints := ctx.find("complaint", late, limit=_AT_ONCE):
            for complaint in complaints:
                found += _record(clock, complaint, ctx)
    return f"{found} missed deadline{'' if found == 1 else 's'} of complaints" if found else None


def _record(clock: _Clock, complaint: Any, ctx: Context) -> int:
    """Write down a breach; return how many came to light with it."""
    missed = (*complaint.breached, Item(clock.name))
    with ctx.granted():
        saved: Any = ctx.save(complaint.evolve(breached=missed))
    return len(saved.breached) - len(complaint.breached)
