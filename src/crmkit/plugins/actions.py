"""Actions: the calls, e-mails, meetings and tasks that follow up everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crmkit.api import (
    Automation,
    Command,
    Created,
    Do,
    Effect,
    HomeSection,
    Invalid,
    Link,
    Move,
    Plugin,
    Reached,
    Record,
    Refused,
    Role,
    State,
    Table,
    Workflow,
    choice,
    entity,
    flow,
    hookimpl,
    moment,
    note,
    params,
    ref,
    text,
)

plugin = Plugin(
    "actions", version="1.0",
    requires=("roles", "contacts", "accounts", "prospects", "leads", "deals", "clients"),
    summary="Follow-ups, outstanding and done",
)  # fmt: skip

ABOUT = ("contact", "account", "prospect", "lead", "deal", "client")
KINDS = {
    "CALL": "Call", "EMAIL": "E-mail", "MEETING": "Meeting", "TASK": "Task", "NOTE": "Note",
}  # fmt: skip
LONGEST_SUBJECT = 80
PRIORITIES = {"LOW": "Low", "NORMAL": "Normal", "HIGH": "High"}

progress = Workflow(
    "progress",
    label="Status",
    states=(
        State("OPEN", glyph="○", colour="blue"),
        State("DONE", glyph="✓", colour="green", outcome="won"),
    ),
    moves=(
        Move(target="DONE", stamps=("done_at",)),
        Move(target="OPEN", clears=("done_at",)),
    ),
)


def done_at_is_of_what_is_done(action: Action, ctx: Any) -> dict[str, str] | None:
    """Refuse a time of completion on an action that is open."""
    if action.done_at is not None and is_open(action):
        return {"done_at": "complete the action, and this is filled in"}
    return None


@entity(
    "action", title="subject", subtitle="about", owner="owner", sort="due", due="due",
    within="about", key="a", glyph="✓", place=10, checks=(done_at_is_of_what_is_done,),
)  # fmt: skip
class Action(Record):
    """A follow-up about one record: something to do, and what came of it."""

    subject: str = text("Subject", search=True, personal=True, shown=True, section="Details")
    due: datetime | None = moment(
        "Due", default=None, index=True, shown=True, section="Details",
        help="As one says it: tomorrow 15:00, fri, +3d.",
    )  # fmt: skip
    kind: str = choice("Kind", KINDS, default="TASK", shown=True, section="Details")
    about: Link = ref("About", *ABOUT, subject=True, shown=True, section="Details")
    status: str = flow(progress, default="OPEN", shown=True, section="Details")
    owner: int | None = ref("Owner", "user", default=None, shown=True, section="Details")
    priority: str = choice("Priority", PRIORITIES, default="NORMAL", section="Details")
    notes: str = note("Notes", search=True, personal=True, section="Notes")
    outcome: str = note(
        "Outcome", search=True, personal=True, section="Outcome", help="What came of it."
    )
    done_at: datetime | None = moment(
        "Done at", default=None, index=True, section="Outcome",
        help="When it was done; completing the action fills it in.",
    )  # fmt: skip


@params
class Completion:
    """What is said when an action is completed."""

    outcome: str = note("Outcome", help="What came of it.")
    done_at: datetime | None = moment("Done at", default=None, help="Leave it empty for now.")


def complete(action: Action, ctx: Any, said: Completion) -> Record:
    """Move the action to DONE with its outcome; Refused when it is done already."""
    if not is_open(action):
        raise Refused(f"Action {action.id} is done already; reopen it to complete it again.")
    values: dict[str, Any] = {}
    if said.outcome.strip():
        values["outcome"] = said.outcome
    if said.done_at is not None:
        values["done_at"] = said.done_at
    done: Record = ctx.move("action", action.id, "DONE", **values)
    return done


def reopen(action: Action, ctx: Any, said: None) -> Record:
    """Move the action back to OPEN; Refused when it is open."""
    if is_open(action):
        raise Refused(f"Action {action.id} is open; there is nothing to reopen.")
    opened: Record = ctx.move("action", action.id, "OPEN")
    return opened


@params
class Logged:
    """What has happened, said when it is over."""

    text: str = note("What happened", help="What was said or done, in your words.")
    kind: str = choice("Kind", KINDS, default="NOTE")
    at: datetime | None = moment("When", default=None, help="Leave it empty for now.")


def log(record: Record, ctx: Any, said: Logged) -> Record:
    """Add a done action about the record: a note, or a call that was not planned."""
    text = said.text.strip()
    if not text:
        raise Invalid({"text": "write what happened"})
    if said.at is not None and said.at > ctx.now:
        raise Invalid({"at": "that is still to come; plan it instead"})
    subject = text.splitlines()[0].strip()
    if len(subject) > LONGEST_SUBJECT:
        subject = f"{subject[: LONGEST_SUBJECT - 3].rstrip()}..."
    done: Record = ctx.add(
        "action", subject=subject, kind=said.kind, status="DONE", done_at=said.at,
        about=Link(record.spec.name, record.id), outcome="" if subject == text else text,
    )  # fmt: skip
    return done


@params
class Plan:
    """What is to be done next, and when."""

    due: datetime = moment("Due", help="As one says it: tomorrow 15:00, fri, +3d.")
    subject: str = text("Subject", default="", help="Left empty, it names the kind and the record.")
    kind: str = choice("Kind", KINDS, default="CALL")


def plan(record: Record, ctx: Any, said: Plan) -> Record:
    """Add an open action about the record."""
    subject = said.subject.strip() or f"{KINDS[said.kind]}: {record.title}"
    planned: Record = ctx.add(
        "action", subject=subject, kind=said.kind, due=said.due,
        about=Link(record.spec.name, record.id),
    )  # fmt: skip
    return planned


def follow_up(record: Record, ctx: Any, said: Mapping[str, str]) -> None:
    """Add an open action about a record, of whoever owns that unless it says whose."""
    owner = getattr(record, record.spec.owner_field) if record.spec.owner_field else None
    values = ctx.parse("action", said)
    about = Link(record.spec.name, record.id)
    ctx.add("action", **{"owner": owner, "about": about, **values})


def is_open(action: Action) -> bool:
    """Whether the action is still to be done."""
    return action.status in progress.codes("open")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The action."""
    yield Action


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Completing and reopening; what has happened, and what comes next, about anything."""
    yield Command(
        "complete", "action", complete, label="Complete", key="x", params=Completion,
        when=is_open, help="Say what came of it, and it counts as done.",
    )  # fmt: skip
    yield Command(
        "reopen", "action", reopen, label="Reopen", key="o",
        when=lambda action: not is_open(action), help="It is to be done after all.",
    )  # fmt: skip
    for target in ABOUT:
        yield Command(
            "log", target, log, label="Log what happened", key="w", grant="read", params=Logged,
            arguments=("text",), help="Keep a note of what happened; it counts as a touch.",
        )  # fmt: skip
        yield Command(
            "plan", target, plan, label="Plan a call", key="p", grant="read", params=Plan,
            arguments=("due",), help="Plan the next call, or an action of another kind.",
        )  # fmt: skip


@hookimpl
def crm_effects() -> Iterable[Effect]:
    """A follow-up."""
    yield Effect(
        "action", follow_up, keys=("subject", "kind", "due", "owner", "priority", "notes"),
        required=("subject",), needs=lambda spec, said: ("action.create",),
        check=lambda spec, ctx, said: ctx.parse("action", said),
        help="Add an action about it.",
    )  # fmt: skip


@hookimpl
def crm_automations() -> Iterable[Automation]:
    """What a firm may switch on."""
    yield Automation(
        "ring_new_leads", "lead", Created(), (Do("action", kind="call", subject="Ring {title}",
        due="+1d"),), where="source:Website", label="Ring leads from the website", on=False,
    )  # fmt: skip
    yield Automation(
        "close_in_a_week", "deal", Reached("expected_close", "-7d"),
        (Do("action", kind="task", subject="Bring {title} to its close", due="+1d"),),
        where="is:open", label="A week before a deal is to close", on=False,
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with actions."""
    working = ("create", "update", "move", "complete", "reopen")
    yield Role("crm_worker", ("action.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("action.read", *(f"action.{verb}" for verb in working)))
    yield Role("crm_manager", ("action.*",))
    yield Role("contributor", ("action.read@own",))


@hookimpl
def crm_views() -> Iterable[Table | HomeSection]:
    """The lists of actions, and what the day brings."""
    yield Table("action", "Outstanding", filter="is:open", sort="due")
    yield Table("action", "Mine", filter="is:open is:mine", sort="due")
    yield Table("action", "Overdue", filter="is:overdue", sort="due")
    yield Table("action", "Upcoming", filter="is:open due:any -is:overdue", sort="due")
    yield Table(
        "action", "Done", filter="is:won", sort="-done_at",
        columns=("subject", "done_at", "kind", "about", "outcome", "owner"),
    )  # fmt: skip
    yield Table("action", "All", sort="due")
    yield HomeSection(
        "action", "Overdue", "is:overdue is:mine", sort="due", when="due", style="red", order=10,
        always=True,
    )  # fmt: skip
    yield HomeSection(
        "action", "Today", "is:open is:mine due:today -is:overdue", sort="due", when="due",
        order=20, always=True,
    )  # fmt: skip
