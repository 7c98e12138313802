"""Nobody is in two consultations at once, even if two people book them at the same moment."""

from __future__ import annotations

from bisect import bisect_left, insort
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from crmkit.api import Context, Invalid

BOOKED = ("BOOKED", "CONFIRMED")
"""The states in which a consultation takes its holder's time."""

Slot = tuple[datetime, datetime, str]
_unstored: WeakKeyDictionary[Any, dict[int, list[Slot]]] = WeakKeyDictionary()
"""What imports in progress have let pass and not stored yet, by holder, in order."""


def nobody_is_booked_twice(meeting: Any, ctx: Context) -> dict[str, str] | None:
    """Refuse a booking at a time for which its holder has another one, and name that one.

    A booking that took its time before, as one that came from elsewhere may have, can be edited.
    """
    if _slot(meeting) is None:
        return None
    if meeting.id and _slot(meeting) == _slot(meeting.as_read):
        return None
    return _clash(meeting, ctx)


def not_restored_onto_another(before: Any, after: Any, ctx: Context) -> None:
    """Refuse what no check has seen: a deleted booking restored, several added at a time."""
    appeared = before is None or _slot(before) is None
    if appeared and _slot(after) and (found := _clash(after, ctx)):
        raise Invalid(found)


def _slot(meeting: Any) -> tuple[int, datetime, datetime] | None:
    """Return whose time a consultation takes, and from when to when; None if it takes none."""
    if meeting.deleted_at or meeting.status not in BOOKED:
        return None
    if meeting.owner is None or meeting.starts_at is None:
        return None
    return meeting.owner, meeting.starts_at, meeting.ends_at


def _clash(meeting: Any, ctx: Context) -> dict[str, str] | None:
    owner, start, end = meeting.owner, meeting.starts_at, meeting.ends_at
    # Whoever books the same person at this moment waits here, and then sees this booking.
    ctx.lock(f"consultations of {owner}")
    found = ctx.find(
        "consultation",
        f"owner:{owner} status:{','.join(BOOKED)} starts_at<{_written(end)}"
        f" ends_at>{_written(start)}",
        limit=2, sort="starts_at",
    )  # fmt: skip
    other: Any = next((other for other in found if other.id != meeting.id), None)
    if other is not None:
        name = f"consultation {other.id}" + (f", {other.title}," if ctx.sees(other) else "")
        return _refusal(owner, name, other.starts_at, other.ends_at, ctx)
    if meeting.id or not ctx.lenient:
        return None
    return _clash_in_file(owner, (start, end, meeting.title), ctx)


def _clash_in_file(owner: int, slot: Slot, ctx: Context) -> dict[str, str] | None:
    """Compare with the rows of the import that are not stored yet, else note this one."""
    taken = _unstored.setdefault(ctx, {}).setdefault(owner, [])
    at = bisect_left(taken, slot)
    for start, end, name in taken[max(0, at - 1) : at + 1]:
        if start < slot[1] and slot[0] < end:
            return _refusal(owner, f"another row of the file, {name},", start, end, ctx)
    insort(taken, slot)
    return None


def _refusal(owner: int, name: str, start: datetime, end: datetime, ctx: Context) -> dict[str, str]:
    who = ctx.titles("user", [owner]).get(owner, f"user {owner}")
    return {"starts_at": f"{who} has {name} {_span(start, end, ctx)}"}


def _span(start: datetime, end: datetime, ctx: Context) -> str:
    first, last = ctx.locale.local(start), ctx.locale.local(end)
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until}"


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
