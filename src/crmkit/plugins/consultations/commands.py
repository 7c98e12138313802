"""What is done with a consultation: booked, held, missed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from crmkit.api import (
    Command,
    Context,
    Invalid,
    Item,
    Link,
    Record,
    Refused,
    choice,
    moment,
    note,
    number,
    params,
    ref,
    text,
)
from crmkit.plugins.consultations.consultation import OUTCOMES, Consultation


@params
class Booking:
    """When a consultation is, and who holds it."""

    starts_at: dt.datetime | None = moment(
        "Starts", default=None, help="As one says it: tomorrow 15:00."
    )
    minutes: int | None = number("Minutes", default=None, minimum=5, maximum=1440)
    owner: int | None = ref("Held by", "user", default=None)
    place: str = text("Place", default="")


def book(meeting: Consultation, ctx: Context, said: Booking) -> Record:
    """Book a request, or book anew; Invalid without a start, or where the holder has another."""
    values: dict[str, Any] = {
        name: value
        for name in ("starts_at", "minutes", "owner", "place")
        if (value := getattr(said, name)) not in (None, "")
    }
    if meeting.status == "BOOKED":
        return ctx.save(meeting.evolve(**values)) if values else meeting
    return ctx.move("consultation", meeting.id, "BOOKED", **values)


def confirm(meeting: Consultation, ctx: Context, said: None) -> Record:
    """Note that the other side has confirmed."""
    return ctx.move("consultation", meeting.id, "CONFIRMED")


@params
class Cancelling:
    """Why it does not take place."""

    reason: str = text("Reason")


def cancel(meeting: Consultation, ctx: Context, said: Cancelling) -> Record:
    """Cancel a consultation, with the reason."""
    return ctx.move("consultation", meeting.id, "CANCELLED", reason=said.reason)


@params
class Outcome:
    """What came of a consultation, and what follows."""

    outcome: str = choice("Outcome", OUTCOMES)
    result: str = note("What came of it")
    follow_up: str = text("Follow-up", default="", help="What is to be done next.")
    due: dt.datetime | None = moment("Due", default=None, help="Left empty, in a week.")


def hold(meeting: Consultation, ctx: Context, said: Outcome) -> Record:
    """Note that it took place; a lead or a client and the follow-up come of it at once."""
    with ctx.granted():
        held = ctx.move(
            "consultation", meeting.id, "HELD", outcome=said.outcome, result=said.result
        )
    who = meeting.who
    if said.outcome == "LEAD" and who is not None and who.entity in ("prospect", "contact"):
        who = _lead(ctx, who, said)
    elif said.outcome == "CLIENT" and who is not None and who.entity != "client":
        who = _client(ctx, who)
    if who is not None and who != meeting.who:
        with ctx.granted():
            current = ctx.get("consultation", meeting.id)
            assert current is not None
            held = ctx.save(current.evolve(who=who))
    if said.follow_up.strip():
        ctx.add(
            "action", subject=said.follow_up, about=who or Link("consultation", meeting.id),
            due=said.due or ctx.now + dt.timedelta(days=7), owner=meeting.owner, kind="CALL",
        )  # fmt: skip
    return held


def _first(items: tuple[Item, ...]) -> Any:
    return next((i.value for i in items if i.primary), items[0].value if items else "")


def _reached(record: Record) -> dict[str, Any]:
    """Return the first e-mail and phone of a record, whether they repeat in it or not."""
    found = {}
    for name in ("email", "phone"):
        value = getattr(record, name, "")
        found[name] = _first(value) if isinstance(value, tuple) else value
    return found


def _lead(ctx: Context, who: Link, said: Outcome) -> Link:
    """Return a lead made of a prospect or a contact."""
    record = ctx.get(who.entity, who.id)
    if record is None:
        raise Refused(f"{who} is not there any more")
    reach = _reached(record)
    if not any(reach.values()):
        raise Invalid(f"{record.title} has no e-mail and no phone, which a lead needs")
    made = ctx.add("lead", name=record.title, status="CONTACTED", notes=said.result, **reach)
    return Link("lead", made.id)


def _client(ctx: Context, who: Link) -> Link:
    """Return a client made of a lead (by its conversion), a prospect or a contact."""
    if who.entity == "lead":
        made = ctx.run("lead.convert", who.id, {})
        return Link("client", made.id)
    record = ctx.get(who.entity, who.id)
    if record is None:
        raise Refused(f"{who} is not there any more")
    reach = {name: (Item(value),) for name, value in _reached(record).items() if value}
    contact = who.id if who.entity == "contact" else getattr(record, "contact", None)
    made = ctx.add("client", name=record.title, kind="PERSON", primary_contact=contact, **reach)
    return Link("client", made.id)


@params
class Missed:
    """What follows when nobody came."""

    follow_up: str = text(
        "Follow-up", default="Call: nobody came to the consultation",
        help="Left empty, nothing follows.",
    )  # fmt: skip
    due: dt.datetime | None = moment("Due", default=None, help="Left empty, tomorrow.")


def no_show(meeting: Consultation, ctx: Context, said: Missed) -> Record:
    """Note that nobody came, and plan the follow-up."""
    with ctx.granted():
        missed = ctx.move("consultation", meeting.id, "NO_SHOW")
    if said.follow_up.strip():
        ctx.add(
            "action", subject=said.follow_up, kind="CALL", owner=meeting.owner,
            about=meeting.who or Link("consultation", meeting.id),
            due=said.due or ctx.now + dt.timedelta(days=1),
        )  # fmt: skip
    return missed


def _proposed(meeting: Consultation, ctx: Any) -> Mapping[str, Any]:
    return {"follow_up": "Call: nobody came to the consultation"}


def _is(*states: str) -> Any:
    return lambda meeting: meeting.status in states


COMMANDS = (
    Command("book", "consultation", book, label="Book", key="b", params=Booking,
            when=_is("REQUESTED", "BOOKED", "NO_SHOW", "CANCELLED"),
            help="Give a request its time, or book anew."),
    Command("confirm", "consultation", confirm, label="Confirm", key="c", when=_is("BOOKED"),
            help="The other side has confirmed."),
    Command("hold", "consultation", hold, label="Held", key="x", params=Outcome,
            when=_is("BOOKED", "CONFIRMED"),
            help="It took place: say what came of it, and what follows."),
    Command("no_show", "consultation", no_show, label="Nobody came", key="o", params=Missed,
            when=_is("BOOKED", "CONFIRMED"), prefill=_proposed,
            help="Nobody came; a follow-up is planned."),
    Command("cancel", "consultation", cancel, label="Cancel", key="w", params=Cancelling,
            when=_is("REQUESTED", "BOOKED", "CONFIRMED", "NO_SHOW"), arguments=("reason",),
            help="It does not take place."),
)  # fmt: skip
