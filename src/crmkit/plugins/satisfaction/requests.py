"""Asking clients: by hand when a matter closes, and by a job at regular intervals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crmkit.api import (
    Change,
    Context,
    Derived,
    Facet,
    Invalid,
    Link,
    Record,
    Refused,
    date,
    facet,
    note,
    number,
    params,
    ref,
    text,
)
from crmkit.plugins.satisfaction.scores import score as score_of
from crmkit.plugins.satisfaction.survey import (
    ASPECTS,
    EXPIRY,
    INTERVAL,
    PER_RUN,
    Satisfaction,
    demand_cool_down,
    has_score,
    is_low,
)


@facet("client")
class Asking(Facet):
    """How often a client is asked, and when that was last."""

    ask_every: int | None = number(
        "Ask every", default=None, minimum=0, maximum=3650, section="Satisfaction",
        help="Days between requests; 0 never asks, empty is the firm's own interval.",
    )  # fmt: skip
    last_asked: dt.date | None = date(
        "Last asked", default=None, derived=True, index=True, section="Satisfaction"
    )


def _clients(change: Change, ctx: Context) -> Iterator[int]:
    for score in ctx.versions(change):
        if (client := getattr(score, "client", None)) is not None:
            yield client


def _last_asked(ids: list[int], ctx: Context) -> Mapping[int, Any]:
    listed = ",".join(map(str, ids))
    return ctx.aggregate("satisfaction", f"client:{listed}", "client", "max", "asked_on")


LAST_ASKED = Derived("last_asked", ("satisfaction",), _clients, _last_asked)


@params
class Request:
    """Who is asked, and about what."""

    contact: int | None = ref("Contact", "contact", default=None, help="Who is asked.")
    matter: str = text("Matter", default="", help="The reference of the matter that closed.")


def ask(client: Record, ctx: Context, said: Request) -> Record:
    """Make a request and the action to see to it; Refused within the cool-down."""
    contact = said.contact or getattr(client, "primary_contact", None)
    return _request(client, contact, said.matter, ctx)


def _request(client: Record, contact: int | None, matter: str, ctx: Context) -> Record:
    demand_cool_down(client.id, contact, ctx)
    owner = getattr(client, "account_manager", None)
    asked = ctx.add(
        "satisfaction", client=client.id, contact=contact, matter=matter, account_manager=owner
    )
    whom = ctx.get("contact", contact) if contact else None
    about = Link("contact", whom.id) if whom else Link("client", client.id)
    of = f" about {matter}" if matter.strip() else ""
    ctx.add(
        "action", subject=f"Ask {(whom or client).title} how satisfied they are{of}", kind="CALL",
        about=about, owner=owner, due=ctx.now + dt.timedelta(days=1),
        notes=f"Record the answer: crmkit satisfaction record {asked.id} --nps 9",
    )  # fmt: skip
    return asked


@params
class Answer:
    """What a client answered."""

    nps: int | None = score_of("Would recommend", default=None, help="0 to 10.")
    csat: int | None = score_of("Satisfied", default=None, lowest=1, highest=5, help="1 to 5.")
    communication: int | None = score_of("Communication", default=None, lowest=1, highest=5)
    expertise: int | None = score_of("Expertise", default=None, lowest=1, highest=5)
    cost_transparency: int | None = score_of("Cost transparency", default=None, lowest=1, highest=5)
    responsiveness: int | None = score_of("Responsiveness", default=None, lowest=1, highest=5)
    outcome: int | None = score_of("Outcome", default=None, lowest=1, highest=5)
    comment: str = note("Comment", help="In the client's words.")


def record(score: Satisfaction, ctx: Context, said: Answer) -> Record:
    """Record an answer; Invalid where nothing is said."""
    names = ("nps", "csat", *ASPECTS)
    values = {n: v for n in names if (v := getattr(said, n)) is not None}
    if said.comment.strip():
        values["comment"] = said.comment
    if not values:
        raise Invalid("say what was answered: a score of 0 to 10 as nps, or another one")
    if score.status == "ANSWERED":
        return ctx.save(score.evolve(**values))
    return ctx.move("satisfaction", score.id, "ANSWERED", **values)


def decline(score: Satisfaction, ctx: Context, said: None) -> Record:
    """Close a request without an answer."""
    if score.status != "REQUESTED":
        raise Refused(f"Satisfaction {score.id} is no open request.")
    return ctx.move("satisfaction", score.id, "UNANSWERED")


def follow_up(before: Satisfaction | None, after: Satisfaction, ctx: Context) -> None:
    """Close the request of a score that was typed in, and see to a low one."""
    if before is not None and before.status == after.status == "REQUESTED" and has_score(after):
        with ctx.granted():
            ctx.move("satisfaction", after.id, "ANSWERED")
        return
    if not is_low(after, ctx) or is_low(before, ctx) or after.status != "ANSWERED":
        return
    targets = (("contact", after.contact), ("client", after.client))
    about = next((Link(entity, id) for entity, id in targets if id), None)
    if about is not None:
        with ctx.granted():
            ctx.add(
                "action", subject=f"Low score, talk to them: {after.title}", kind="CALL",
                priority="HIGH", about=about, owner=after.account_manager,
                due=ctx.now + dt.timedelta(days=1), notes=after.comment,
            )  # fmt: skip


def ask_regularly(ctx: Context) -> str | None:
    """Ask active clients whose interval is over, and let old requests go."""
    made = sum(_asked(client, ctx) for client in _due(ctx))
    gone = _expire(ctx)
    said = [f"{made} satisfaction requests" if made else "", f"{gone} expired" if gone else ""]
    return ", ".join(filter(None, said)) or None


def _due(ctx: Context) -> Iterable[Record]:
    """Yield the clients to ask: by their own interval, or by the firm's."""
    today = ctx.locale.local(ctx.now).date()
    most = ctx.setting(PER_RUN)
    if days := ctx.setting(INTERVAL):
        yield from ctx.find("client", f"ask_every:none {_unasked(today, days)}", limit=most)
    own = ctx.aggregate("client", "status:ACTIVE ask_every>0", "ask_every", "count")
    for days in sorted(own):
        yield from ctx.find("client", f"ask_every={days} {_unasked(today, days)}", limit=most)


def _unasked(today: dt.date, days: int) -> str:
    since = today - dt.timedelta(days=days)
    return f"status:ACTIVE (last_asked<={since} or (last_asked:none created_at<={since}))"


def _asked(client: Record, ctx: Context) -> bool:
    try:
        _request(client, getattr(client, "primary_contact", None), "", ctx)
    except Refused:
        return False
    return True


def _expire(ctx: Context) -> int:
    until = ctx.locale.local(ctx.now).date() - dt.timedelta(days=ctx.setting(EXPIRY))
    old = ctx.find("satisfaction", f"status:REQUESTED asked_on<={until}", limit=500)
    for score in old:
        ctx.move("satisfaction", score.id, "UNANSWERED")
    return len(old)
