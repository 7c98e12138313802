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
from crmkit.plugins.complaints.regulator import SCHEME, SCHEMES

Spans = Mapping[str, Mapping[str, str]]

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
    """One clock: its name, the fields of its deadline and of what stops it."""

    name: str
    by: str
    done: str


ALL = (
    _Clock("ACKNOWLEDGE", "acknowledge_by", "acknowledged_at"),
    _Clock("RESPOND", "respond_by", "responded_at"),
    _Clock("RESOLVE", "resolve_by", "resolved_at"),
)


def watch(before: Complaint | None, after: Complaint, ctx: Context) -> Mapping[str, Any]:
    """Fill in the waits, the deadlines, and the breaches that are facts by now."""
    found: dict[str, Any] = {"waits": _waits(before, after, ctx.now)}
    if before is not None and before.status != after.status == "REOPENED":
        found["reopened_at"] = ctx.now
    after = after.evolve(**found)
    found |= _deadlines(after, ctx)
    after = after.evolve(**found)
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


def _deadlines(complaint: Complaint, ctx: Context) -> dict[str, dt.datetime]:
    """Return the moment by which each clock is to be stopped."""
    received = complaint.received_at
    if received is None:
        return {}
    found = {}
    spans, hours = ctx.setting(DEADLINES)[complaint.severity], ctx.locale.hours
    for clock in ALL:
        start = complaint.reopened_at if clock.name == "RESOLVE" else None
        span, counted = clock_of(spans[clock.name.lower()], hours)
        found[clock.by] = due(counted, start or received, span, pauses(complaint), ctx.now)
    scheme = SCHEMES.get(ctx.setting(SCHEME))
    if scheme is not None:
        # The scheme's time goes on while the client is waited for, and does not begin anew.
        span, counted = clock_of(scheme.resolve_within, hours)
        found["resolve_by"] = min(found["resolve_by"], counted.add(received, span))
    return found


def _breaches(complaint: Complaint, now: dt.datetime) -> Iterator[str]:
    """Yield the clocks that ran out before they were stopped; once a fact, always a fact."""
    known = {item.value for item in complaint.breached}
    for clock in ALL:
        by, done = getattr(complaint, clock.by), getattr(complaint, clock.done)
        if clock.name in known:
            yield clock.name
        elif by is not None and done is not None:
            if done > by:
                yield clock.name
        elif by is not None and is_running(complaint) and now > by:
            yield clock.name


def is_running(complaint: Complaint) -> bool:
    """Whether the clocks of a complaint run: it is open, and nobody waits for the client."""
    return complaint.status not in (WAITING, "RESOLVED")


def next_clock(complaint: Complaint) -> _Clock | None:
    """Return the clock that runs out next, of those that nothing has stopped."""
    waiting = [c for c in ALL if getattr(complaint, c.done) is None and getattr(complaint, c.by)]
    return min(waiting, key=lambda c: getattr(complaint, c.by), default=None)


def badge(complaint: Complaint, told: Told) -> Tag | None:
    """Return the time left on the next clock: amber in its last quarter, red when it is over."""
    if complaint.status == "RESOLVED":
        return None
    clock = next_clock(complaint)
    if complaint.status == WAITING or clock is None:
        return Tag("clock stopped") if complaint.status == WAITING else None
    by: dt.datetime = getattr(complaint, clock.by)
    verb = clock.name.lower()
    if told.now > by:
        return Tag(f"{verb}: {spoken(told.now - by)} over", "bad")
    span, counted = clock_of(told.setting(DEADLINES)[complaint.severity][verb], told.locale.hours)
    left = elapsed(counted, told.now, by)
    return Tag(f"{verb} in {spoken(left)}", "warn" if 4 * left <= span else "quiet")


def record_breaches(ctx: Context) -> str | None:
    """Write down the breaches of complaints that nobody has touched since."""
    stamp = f"{ctx.now:%Y-%m-%dT%H:%M:%SZ}"
    found = 0
    for clock in ALL:
        late = (
            f"is:open -status:{WAITING} {clock.by}<{stamp} {clock.done}:none -breached:{clock.name}"
        )
        for complaint in ctx.find("complaint", late, limit=500):
            missed = (*complaint.breached, Item(clock.name))  # type: ignore[attr-defined]
            with ctx.granted():
                ctx.save(complaint.evolve(breached=missed))
            found += 1
    return f"{found} deadlines of complaints were missed" if found else None
