"""The satisfaction record: what was asked, what was answered, and what that makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from crmkit.api import (
    Context,
    Move,
    Record,
    Refused,
    Setting,
    State,
    Workflow,
    choice,
    date,
    entity,
    flow,
    note,
    percent,
    ref,
    text,
)
from crmkit.plugins.satisfaction.nps import PASSIVE, PROMOTER
from crmkit.plugins.satisfaction.scores import score as score_of

ASPECTS = ("communication", "expertise", "cost_transparency", "responsiveness", "outcome")
CLASSES = {"PROMOTER": "Promoter", "PASSIVE": "Passive", "DETRACTOR": "Detractor"}


def _weights(given: Any) -> Mapping[str, int]:
    if not isinstance(given, dict) or not set(given) <= set(ASPECTS):
        raise ValueError(f"write a section with weights for {', '.join(ASPECTS)}")
    if not all(type(w) is int and w >= 0 for w in given.values()) or not any(given.values()):
        raise ValueError("a weight is a whole number, and one of them is more than 0")
    return dict(given)


def _days(given: Any) -> int:
    if type(given) is not int or given < 0:
        raise ValueError(f"write a number of days, not {given!r}")
    return given


def _within(least: int, most: int) -> Callable[[Any], int]:
    def read(given: Any) -> int:
        if type(given) is not int or not least <= given <= most:
            raise ValueError(f"write a score of {least} to {most}, not {given!r}")
        return given

    return read


WEIGHTS: Setting[Mapping[str, int]] = Setting(
    "weights", dict.fromkeys(ASPECTS, 20), read=_weights,
    help="How much each aspect counts in the index.",
)  # fmt: skip
INTERVAL = Setting(
    "interval_days", 180, read=_days, help="Ask active clients again after so many days; 0: never."
)
COOL_DOWN = Setting(
    "cool_down_days", 90, read=_days, help="Nobody is asked again within so many days."
)
EXPIRY = Setting(
    "expiry_days", 30, read=_days, help="A request counts as unanswered after so many days."
)
PER_RUN = Setting("per_run", 20, read=_days, help="How many requests one run makes at most.")
LOW_NPS = Setting("low_nps", 6, read=_within(0, 10), help="A score up to this is followed up.")
LOW_CSAT = Setting(
    "low_csat", 2, read=_within(0, 5), help="A satisfaction up to this is followed up."
)
LOW_INDEX = Setting(
    "low_index", 50, read=_within(0, 100), help="An index up to this is followed up."
)
SETTINGS: tuple[Setting[Any], ...] = (
    WEIGHTS, INTERVAL, COOL_DOWN, EXPIRY, PER_RUN, LOW_NPS, LOW_CSAT, LOW_INDEX,
)  # fmt: skip

answering = Workflow(
    "answering",
    label="Status",
    states=(
        State("REQUESTED", glyph="○", colour="blue"),
        State("ANSWERED", glyph="●", colour="green", outcome="won"),
        State("UNANSWERED", glyph="·", colour="grey", outcome="lost"),
    ),
    moves=(
        Move(source="REQUESTED", target="ANSWERED"),
        Move(source="UNANSWERED", target="ANSWERED"),
        Move(target="ANSWERED", stamps=("answered_on",)),
        Move(source="REQUESTED", target="UNANSWERED"),
        Move(source="ANSWERED", target="REQUESTED", clears=("answered_on",)),
        Move(source="UNANSWERED", target="REQUESTED"),
    ),
)


def called(score: Satisfaction) -> str:
    """Return what a score is called: who answered and what, or the matter."""
    who = score.respondent.strip() or score.matter.strip() or f"Request {score.id or ''}".strip()
    if score.nps is not None:
        return f"{who}: {score.nps}/10"
    if score.csat is not None:
        return f"{who}: {score.csat}/5"
    return f"{who}: index {score.index}" if score.index is not None else who


def is_of_somebody(score: Satisfaction, ctx: Context) -> dict[str, str] | None:
    """Refuse a score of which nobody could say whose it is."""
    if score.client or score.contact or score.respondent.strip():
        return None
    return {"client": "fill in the client, the contact or the respondent"}


@entity(
    "satisfaction", title=called, subtitle="client", label="Satisfaction",
    plural="Satisfaction scores", owner="account_manager", sort="-answered_on", key="f",
    glyph="◉", place=90, checks=(is_of_somebody,),
)  # fmt: skip
class Satisfaction(Record):
    """What a client thought of the firm's work: a request, and the scores that came of it."""

    client: int | None = ref(
        "Client", "client", default=None, subject=True, shown=True, section="Details"
    )
    contact: int | None = ref(
        "Contact", "contact", default=None, subject=True, shown=True, section="Details",
        help="Who is asked.",
    )  # fmt: skip
    respondent: str = text(
        "Respondent", default="", search=True, personal=True, section="Details",
        help="Who answered, where that is no contact of the firm's.",
    )  # fmt: skip
    matter: str = text(
        "Matter", default="", search=True, index=True, shown=True, section="Details",
        help="The reference of the matter that it is about.",
    )  # fmt: skip
    status: str = flow(answering, default="REQUESTED", shown=True, section="Details")
    account_manager: int | None = ref(
        "Account manager", "user", default=None, shown=True, section="Details"
    )
    asked_on: dt.date | None = date("Asked on", default=None, index=True, section="Details")
    answered_on: dt.date | None = date(
        "Answered on", default=None, index=True, shown=True, section="Details"
    )
    nps: int | None = score_of(
        "Would recommend", default=None, index=True, shown=True,
        section="Scores", help="0 to 10, as the Net Promoter Score asks it.",
    )  # fmt: skip
    csat: int | None = score_of(
        "Satisfied", default=None, lowest=1, highest=5, index=True, shown=True, section="Scores",
        help="1 to 5.",
    )  # fmt: skip
    communication: int | None = score_of(
        "Communication", default=None, lowest=1, highest=5, section="Scores"
    )
    expertise: int | None = score_of(
        "Expertise", default=None, lowest=1, highest=5, section="Scores"
    )
    cost_transparency: int | None = score_of(
        "Cost transparency", default=None, lowest=1, highest=5, section="Scores"
    )
    responsiveness: int | None = score_of(
        "Responsiveness", default=None, lowest=1, highest=5, section="Scores"
    )
    outcome: int | None = score_of("Outcome", default=None, lowest=1, highest=5, section="Scores")
    category: str = choice(
        "Category", CLASSES, default="", managed=True, index=True, section="Scores",
        help="Promoter from 9, passive from 7, else detractor.",
    )  # fmt: skip
    index: int | None = percent(
        "Index", default=None, managed=True, index=True, section="Scores",
        help="The questionnaire's answers, weighted; 1 is 0 %, 5 is 100 %.",
    )  # fmt: skip
    comment: str = note("Comment", search=True, personal=True, section="Comment")


def index_of(score: Satisfaction, weights: Mapping[str, int]) -> int | None:
    """Return the weighted index, 0 to 100 percent, of the aspects that were answered.

    An answer a of 1 to 5 counts (a - 1) / 4; halves are rounded up. None without any.
    """
    found = [(getattr(score, name), weights.get(name, 0)) for name in ASPECTS]
    answered = [(value, weight) for value, weight in found if value is not None and weight]
    whole = sum(weight for _, weight in answered)
    if not whole:
        return None
    points: int = sum((value - 1) * weight for value, weight in answered)
    return (200 * points + 4 * whole) // (8 * whole)


def has_score(score: Satisfaction) -> bool:
    """Whether anything was answered in figures."""
    return any(getattr(score, name) is not None for name in ("nps", "csat", *ASPECTS))


def is_low(score: Satisfaction | None, ctx: Context) -> bool:
    """Whether a score asks for a word with the client."""
    if score is None:
        return False
    limits = (("nps", LOW_NPS), ("csat", LOW_CSAT), ("index", LOW_INDEX))
    return any(
        (value := getattr(score, name)) is not None and value <= ctx.setting(limit)
        for name, limit in limits
    )


def work_out(before: Satisfaction | None, after: Satisfaction, ctx: Context) -> Mapping[str, Any]:
    """Fill in the category, the index, the account manager, and what a new score says of itself."""
    found: dict[str, Any] = {
        "category": "" if after.nps is None else class_of(after.nps),
        "index": index_of(after, ctx.setting(WEIGHTS)),
    }
    today = ctx.locale.local(ctx.now).date()
    if before is None and has_score(after) and after.status == "REQUESTED":
        found["status"] = "ANSWERED"
        if after.answered_on is None and not ctx.lenient:  # a file's scores are of no known day
            found["answered_on"] = today
    if before is None and after.asked_on is None and not has_score(after):
        found["asked_on"] = today
    if after.client and (before is None or before.client != after.client):
        client: Any = ctx.get("client", after.client)
        if client is not None and client.account_manager:
            found["account_manager"] = client.account_manager
    return found


def class_of(nps: int) -> str:
    """Return the class of a score of 0 to 10."""
    return "PROMOTER" if nps >= PROMOTER else "PASSIVE" if nps >= PASSIVE else "DETRACTOR"


def needs_a_score(score: Satisfaction, ctx: Context) -> str | None:
    """Refuse an answer without any score or comment."""
    if has_score(score) or score.comment.strip():
        return None
    return "Record a score or a comment first: satisfaction record ID --nps 9"


def demand_cool_down(client: int | None, contact: int | None, ctx: Context) -> None:
    """Refuse to ask somebody again who was asked within the cool-down."""
    days = ctx.setting(COOL_DOWN)
    since = ctx.locale.local(ctx.now).date() - dt.timedelta(days=days)
    whom = f"contact:{contact}" if contact else f"client:{client} contact:none"
    last: Any = ctx.find("satisfaction", f"{whom} asked_on>{since}", limit=1, sort="-asked_on")
    if last:
        again = last[0].asked_on + dt.timedelta(days=days)
        raise Refused(
            f"they were asked on {last[0].asked_on}; nobody is asked twice within {days} days: "
            f"ask again from {again}"
        )
