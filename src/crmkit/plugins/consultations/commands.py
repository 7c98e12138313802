"""The way of a consultation: booked, confirmed, booked anew, missed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from crmkit.api import (
    Command,
    Context,
    Invalid,
    Link,
    Record,
    flag,
    moment,
    number,
    params,
    ref,
    text,
)
from crmkit.plugins.consultations import outcome
from crmkit.plugins.consultations.consultation import Consultation

CALL = "Nobody came: offer another time"
CALL_WITHIN = dt.timedelta(hours=1)
"""How much open time passes until whoever did not come is to be called."""


@params
class Booking:
    """When a consultation is, and who holds it; what is left empty stays as it is."""

    starts_at: dt.datetime | None = moment(
        "Starts", default=None, help="As one says it: tomorrow 15:00."
    )
    minutes: int | None = number("Minutes", default=None, minimum=5, maximum=1440)
    owner: int | None = ref(
        "Held by", "user", default=None, help="Left empty, as it is; nobody yet: you."
    )
    place: str = text("Place", default="")


def book(meeting: Consultation, ctx: Context, said: Booking) -> Record:
    """Book it, or book it anew; Invalid without a start, or where the holder has another one."""
    values: dict[str, Any] = {
        name: value
        for name in ("starts_at", "minutes", "owner", "place")
        if (value := getattr(said, name)) not in (None, "")
    }
    if meeting.status not in ("REQUESTED", "BOOKED") and said.starts_at is None:
        raise Invalid({"starts_at": "say the new time"})
    if meeting.owner is None:
        values.setdefault("owner", ctx.actor_id)
    with ctx.granted():
        return ctx.move("consultation", meeting.id, "BOOKED", **values)


def _slot(meeting: Consultation, ctx: Context) -> Mapping[str, Any]:
    """Return what the form proposes: the time that was wished for, if it is to come."""
    ahead = meeting.starts_at is not None and meeting.starts_at > ctx.now
    return {
        "starts_at": meeting.starts_at if ahead else None, "minutes": meeting.minutes,
        "place": meeting.place,
    }  # fmt: skip


def confirm(meeting: Consultation, ctx: Context, said: None) -> Record:
    """Note that the other side has confirmed."""
    with ctx.granted():
        return ctx.move("consultation", meeting.id, "CONFIRMED")


def reopen(meeting: Consultation, ctx: Context, said: None) -> Record:
    """Take back that it was held; what came of it stays, but for the outcome."""
    with ctx.granted():
        return ctx.move("consultation", meeting.id, "BOOKED")


@params
class Cancelling:
    """Why it does not take place."""

    reason: str = text("Reason", help="Who called it off, and why.")


def cancel(meeting: Consultation, ctx: Context, said: Cancelling) -> Record:
    """Cancel a consultation, with the reason."""
    with ctx.granted():
        return ctx.move("consultation", meeting.id, "CANCELLED", reason=said.reason)


@params
class Missed:
    """What follows when nobody came."""

    plan: bool = flag("Plan a follow-up", default=True, help="No: nothing follows.")
    follow_up: str = text("Follow-up", default=CALL, help="What to do about it.")
    due: dt.datetime | None = moment("Due", default=None, help="Left empty, in an open hour.")


def no_show(meeting: Consultation, ctx: Context, said: Missed) -> Record:
    """Note that nobody came, and plan the follow-up unless it is declined."""
    proposed, subject = _proposed(meeting, ctx), said.follow_up.strip()
    with ctx.granted():
        missed = ctx.move("consultation", meeting.id, "NO_SHOW")
        if said.plan and subject:
            ctx.add(
                "action", subject=proposed["follow_up"] if subject == CALL else subject,
                kind="CALL", owner=meeting.owner, due=said.due or proposed["due"],
                about=meeting.who or Link("consultation", meeting.id),
            )  # fmt: skip
    return missed


def _proposed(meeting: Consultation, ctx: Any) -> Mapping[str, Any]:
    """Return the follow-up on a consultation that nobody came to."""
    who = meeting.who
    name = ctx.titles(who.entity, [who.id]).get(who.id, "") if who else ""
    due = ctx.locale.hours.add(ctx.now.replace(second=0, microsecond=0), CALL_WITHIN)
    return {"follow_up": CALL.replace("offer", f"offer {name}") if name else CALL, "due": due}


def _is(*states: str) -> Any:
    return lambda meeting: meeting.status in states


COMMANDS = (
    Command("book", "consultation", book, label="Book", key="B", params=Booking, form=True,
            prefill=_slot, arguments=("starts_at",), when=_is("REQUESTED"),
            help="Give a request its time, and say who holds it."),
    Command("confirm", "consultation", confirm, label="Confirm", key="c", when=_is("BOOKED"),
            help="The other side has confirmed."),
    Command("rebook", "consultation", book, label="Book anew", key="r", params=Booking,
            form=True, prefill=_slot, arguments=("starts_at",),
            when=_is("BOOKED", "CONFIRMED", "NO_SHOW", "CANCELLED"),
            help="Give it another time, also after it was missed or cancelled."),
    Command("hold", "consultation", outcome.hold, label="Held", key="x", params=outcome.Outcome,
            form=True, prefill=outcome.prefill, proposals=outcome.proposals, arguments=("outcome",),
            when=_is("BOOKED", "CONFIRMED", "NO_SHOW"),
            help="It took place: say what came of it, and what follows."),
    Command("no_show", "consultation", no_show, label="Nobody came", key="N", params=Missed,
            form=True, when=_is("BOOKED", "CONFIRMED"), prefill=_proposed,
            help="Nobody came; a follow-up is planned unless you say no."),
    Command("cancel", "consultation", cancel, label="Cancel", key="X", params=Cancelling,
            when=_is("REQUESTED", "BOOKED", "CONFIRMED", "NO_SHOW"), arguments=("reason",),
            help="It does not take place."),
    Command("reopen", "consultation", reopen, label="Not held after all", key="o",
            when=_is("HELD"), help="Take back that it was held; what it made stays."),
)  # fmt: skip
