"""Client satisfaction: requests, scores, what follows a low one, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crmkit.api import (
    Badge,
    Command,
    Extension,
    Guard,
    HomeSection,
    Job,
    NewKind,
    Panel,
    Plugin,
    Record,
    Report,
    Role,
    Setting,
    Table,
    Tag,
    Told,
    hookimpl,
)
from crmkit.plugins.satisfaction import figures, requests, scores, survey

plugin = Plugin(
    "satisfaction", version="1.0", requires=("roles", "clients", "contacts", "actions"),
    summary="What clients think of the firm's work",
)  # fmt: skip


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The score."""
    yield survey.Satisfaction


@hookimpl
def crm_field_kinds() -> Iterable[NewKind]:
    """What answers are given as."""
    yield NewKind(scores.ScoreKind, scores.score, help="A whole number on a scale, 0 to 10.")


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """How often clients are asked, how answers weigh, what is low."""
    yield from survey.SETTINGS


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """What a score makes, and when a client was asked."""
    yield Extension(
        "satisfaction", checks=(survey.is_of_somebody,), fills=(survey.work_out,),
        reactions=(requests.follow_up,), guards=(Guard(survey.needs_a_score, target="ANSWERED"),),
    )  # fmt: skip
    yield Extension("client", facet=requests.Asking, derived=(requests.LAST_ASKED,))


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Asking, and recording the answer."""
    yield Command(
        "ask", "client", requests.ask, label="Ask how satisfied they are", key="Q", form=True,
        params=requests.Request, help="After a matter closes: make a request, and its action.",
    )  # fmt: skip
    yield Command(
        "record", "satisfaction", requests.record, label="Record the answer", key="x", form=True,
        params=requests.Answer, help="Record scores and what was said.",
    )  # fmt: skip
    yield Command(
        "decline", "satisfaction", requests.decline, label="No answer", key="o",
        when=lambda score: score.status == "REQUESTED", help="Close a request without an answer.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with scores."""
    yield Role("crm_worker", ("satisfaction.read",))
    for name in ("crm_supervisor", "account_manager"):
        verbs = ("read", "create", "update", "move", "record", "decline")
        yield Role(name, (*(f"satisfaction.{verb}" for verb in verbs), "client.ask"))
    yield Role("crm_manager", ("satisfaction.*", "report.satisfaction"))
    yield Role("account_manager", ("report.satisfaction",))
    yield Role("contributor", ("satisfaction.read@own",))


@hookimpl
def crm_jobs() -> Iterable[Job]:
    """Regular requests."""
    yield Job("satisfaction", requests.ask_regularly, label="Ask clients how satisfied they are")


@hookimpl
def crm_reports() -> Iterable[Report]:
    """Net Promoter Score, satisfaction, index and response rate."""
    yield Report(
        name="satisfaction", label="Client satisfaction", run=figures.satisfaction,
        entity="satisfaction",
        by=("client", "account_manager", "contact", "matter", *figures.PERIODS, "*"),
        help="NPS with its margin of error, CSAT, index and response rate.",
    )  # fmt: skip


def _low(score: Any, told: Told) -> Tag | None:
    return Tag("low score", "bad") if survey.is_low(score, told) else None  # type: ignore[arg-type]


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge | Panel]:
    """The lists of scores, those of the day, and a client's own."""
    yield Table("satisfaction", "Requests", filter="status:REQUESTED", sort="asked_on")
    yield Table("satisfaction", "Answers", filter="status:ANSWERED", sort="-answered_on")
    yield Table("satisfaction", "Detractors", filter="category:DETRACTOR", sort="-answered_on")
    yield Table("satisfaction", "Mine", filter="account_manager:me", sort="-answered_on")
    yield Table("satisfaction", "All", sort="-answered_on")
    yield HomeSection(
        "satisfaction", "Low scores", "category:DETRACTOR is:mine answered_on>=-30d",
        sort="-answered_on", when="answered_on", style="red", order=70,
    )  # fmt: skip
    yield Badge("satisfaction", _low)
    yield Panel("client", "Satisfaction", figures.of_client)
