"""Made-up consultations: those ahead, none at the same time, and what came of the others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from crmkit.demo import matters
from crmkit.demo.work import CURRENCY, lead_state
from crmkit.demo.world import World, working_day

HOLDERS = (1, 2, 3, 4, 5)
"""Users who hold consultations; the first, who looks around, has one today."""
_STARTS = (time(9), time(10, 30), time(13), time(14, 30), time(16))
"""None takes longer than the hour and a half until the next."""
_DAYS_AHEAD = 15
_STEP = 7
"""Coprime with the number of places, so that each consultation ahead gets one of its own."""
_SHARE_AHEAD, _MOST_AHEAD = 0.4, 300
_LEAST_AGE = timedelta(days=17)
_TYPES = ("First meeting",) * 6 + ("Advice", "Advice", "Second opinion", "Follow-up")
_CHANNELS = ("OFFICE",) * 5 + ("VIDEO", "VIDEO", "PHONE", "PHONE")
_ROOMS = ("Meeting room 1", "Meeting room 2", "The library")
_PARTIES = ("lead",) * 4 + ("prospect",) * 2 + ("contact", "client")
_PAST = ("HELD",) * 13 + ("NO_SHOW",) * 3 + ("CANCELLED",) * 4
_REASONS = (
    "They are ill", "Settled with the other side", "Chose another firm", "We had to postpone",
    "Conflict of interest came up",
)  # fmt: skip
_RESULTS = {
    "LEAD": ("Wants a fee estimate first.", "To think it over; terms to follow.",
             "Brings the papers next time."),
    "CLIENT": ("Instructed us on the spot.", "Engagement letter to be signed this week."),
    "REFER": ("Outside what we do; gave two names.", "Sent on to a tax adviser."),
    "DECLINE": ("No case that we could win.", "Conflict of interest.", "Cannot meet our fee."),
}  # fmt: skip


def consultation(world: World, number: int) -> dict[str, Any]:
    """Return a consultation: the last ones lie ahead, all others behind."""
    dice = world.dice("consultation", number)
    place = world.counts["consultation"] - number
    ahead = place < min(_MOST_AHEAD, world.counts["consultation"] * _SHARE_AHEAD)
    made = _ahead(dice, world, place) if ahead else _past(dice, world, number)
    matter = dice.choice(matters.practice(dice, True).matters)
    waived = dice.random() < 0.4
    channel = dice.choice(_CHANNELS)
    return {
        "type": dice.choice(_TYPES),
        "minutes": dice.choice((30, 30, 45, 60)),
        "channel": channel,
        "place": dice.choice(_ROOMS) if channel == "OFFICE" else "",
        "fee": None if waived else (dice.choice((9_000, 15_000, 25_000)), CURRENCY),
        "fee_status": _fee_status(made["outcome"], waived),
        "notes": matters.enquiry(dice, matter),
        **made,
    }


def _fee_status(outcome: str, waived: bool) -> str:
    return "WAIVED" if waived else "CREDITED" if outcome == "CLIENT" else "AGREED"


def _ahead(dice: Random, world: World, place: int) -> dict[str, Any]:
    """Return when a consultation is, with whom and how far; one of yesterday waits for its end."""
    days = _days(world.today)
    at = place * _STEP % (len(days) * len(HOLDERS) * len(_STARTS))
    rest, on = divmod(at, len(days))
    hour = _STARTS[(rest // len(HOLDERS) + on) % len(_STARTS)]
    created = _at(working_day(world.today - timedelta(days=dice.randrange(3, 20))), time(16))
    asked = days[on] > world.today and dice.random() < 0.2
    return {
        "who": _with(dice, world, created.date(), still_open=True),
        "status": "REQUESTED" if asked else dice.choice(("BOOKED", "BOOKED", "CONFIRMED")),
        "starts_at": None if asked else _at(days[on], hour),
        "owner": None if asked else HOLDERS[(rest + on) % len(HOLDERS)],
        "outcome": "", "result": "", "reason": "", "created_at": created, "moved_at": created,
    }  # fmt: skip


def _days(today: date) -> list[date]:
    """Return the working days ahead, from today on, and at last the one before."""
    days = [today + timedelta(days=n) for n in range(_DAYS_AHEAD * 7 // 5 + 3)]
    ahead = [day for day in days if day.weekday() < 5][:_DAYS_AHEAD]
    return [*ahead, working_day(today - timedelta(days=1))]


def _past(dice: Random, world: World, number: int) -> dict[str, Any]:
    """Return when a consultation was, with whom, and what came of it."""
    created = min(world.created("consultation", number), world.midnight - _LEAST_AGE)
    day = working_day(created.date() + timedelta(days=dice.randrange(4, 16)))
    starts = _at(day, dice.choice(_STARTS))
    status = dice.choice(_PAST)
    who = _with(dice, world, created.date())
    outcome = ""
    if status == "HELD":
        who, outcome = _came_of(dice, world, who)
    called_off = status == "CANCELLED"
    return {
        "who": who, "status": status, "starts_at": starts, "owner": dice.choice(HOLDERS),
        "outcome": outcome, "result": dice.choice(_RESULTS[outcome]) if outcome else "",
        "reason": dice.choice(_REASONS) if called_off else "", "created_at": created,
        "moved_at": starts - timedelta(hours=20) if called_off else starts + timedelta(hours=1),
    }  # fmt: skip


def _came_of(
    dice: Random, world: World, who: tuple[str, int] | None
) -> tuple[tuple[str, int] | None, str]:
    """Return with whom it went on, and the outcome that fits what became of them."""
    entity, number = who or ("", 0)
    if entity == "client":
        return who, "CLIENT"
    if entity == "lead":
        if client := world.lead_client(number):
            return ("client", client), "CLIENT"
        if lead_state(world, number) != "LOST":
            return who, "LEAD"
    return who, dice.choice(("REFER", "DECLINE"))


def _with(
    dice: Random, world: World, day: date, *, still_open: bool = False
) -> tuple[str, int] | None:
    """Return somebody whom the firm knew on a day; a lead that is not closed, if asked for."""
    for _ in range(8):
        entity = dice.choice(_PARTIES)
        known = world.until(entity, day)
        number = known - int(known * dice.random() ** 3)
        closed = entity == "lead" and known and lead_state(world, number) in ("CONVERTED", "LOST")
        if known and not (still_open and closed):
            return entity, number
    known = world.until("contact", day)
    return ("contact", known) if known else None


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, UTC)
