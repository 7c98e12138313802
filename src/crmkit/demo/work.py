"""Made-up work: leads, deals and the actions that follow everything up."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from crmkit.demo import matters
from crmkit.demo.names import Person
from crmkit.demo.parties import switchboard
from crmkit.demo.team import CALLERS, MANAGERS, any_of
from crmkit.demo.world import World, working_day

CURRENCY = "GBP"
_CLOSED_LEADS = ("CONVERTED", "LOST")
_LEAD_STATES = {
    75: ("NOT_CONTACTED",) * 10 + ("CONTACTED",) * 7 + ("QUALIFIED",) * 3 + ("LOST",),
    250: ("NOT_CONTACTED",) * 4 + ("CONTACTED",) * 7 + ("QUALIFIED",) * 6 + ("LOST",) * 5,
    10_000: ("CONTACTED", "QUALIFIED", "QUALIFIED") + ("LOST",) * 14,
}
"""States of leads by the greatest age in days that they are for, as often as they occur."""
_CLOSED_DEALS = ("CLOSED_WON", "CLOSED_LOST")
_DEAL_STAGES = {
    120: ("LEAD",) * 6 + ("QUALIFIED",) * 5 + ("PROPOSAL",) * 4 + ("NEGOTIATION",) * 3
         + ("CLOSED_WON", "CLOSED_LOST"),
    260: ("LEAD", "QUALIFIED", "QUALIFIED") + ("PROPOSAL",) * 4 + ("NEGOTIATION",) * 4
         + ("CLOSED_WON",) * 5 + ("CLOSED_LOST",) * 3,
    10_000: ("PROPOSAL", "NEGOTIATION") + ("CLOSED_WON",) * 10 + ("CLOSED_LOST",) * 7,
}  # fmt: skip
_LONGEST_CHASE = 60
_ABOUT = (
    ("lead", 40), ("deal", 60), ("client", 75), ("contact", 90), ("account", 96), ("prospect", 100)
)  # fmt: skip
_OPEN_ACTIONS = 0.25


def by_age(table: dict[int, tuple[str, ...]], age: int) -> tuple[str, ...]:
    """Return what a table has for an age in days."""
    return next(states for oldest, states in table.items() if age <= oldest)


def lead_state(world: World, number: int) -> str:
    """Return the state of a lead: older ones have come to an end."""
    if world.lead_client(number):
        return "CONVERTED"
    age = (world.today - world.day("lead", number)).days
    states = by_age(_LEAD_STATES, age)
    return states[world.draw("lead state", number) % len(states)]


def lead(world: World, number: int) -> dict[str, Any]:
    """Return a potential customer, with a phone number or an e-mail address at least."""
    dice = world.dice("lead", number)
    state = lead_state(world, number)
    client = world.lead_client(number)
    created, moved = _lead_times(dice, world, number, state, client)
    person, company, email, phone = _lead_reach(dice, world, number, client)
    owned = state in _CLOSED_LEADS or dice.random() < 0.8
    practice = matters.practice(dice, not company)
    return {
        "name": person.full,
        "company": company,
        "status": state,
        "next_call": None if state in _CLOSED_LEADS else _next_call(dice, world, state),
        "phone": phone,
        "email": email,
        "owner": any_of(CALLERS, dice) if owned else None,
        "source": dice.choice(matters.SOURCES),
        "client": client or None,
        "lost_reason": dice.choice(matters.LOST_REASONS) if state == "LOST" else "",
        "notes": matters.enquiry(dice, dice.choice(practice.matters)),
        "created_at": created,
        "moved_at": moved,
    }


def _lead_times(
    dice: Random, world: World, number: int, state: str, client: int
) -> tuple[datetime, datetime]:
    """Return when a lead came and when it got where it is; its client comes of the last step."""
    created = world.created("lead", number)
    if client:
        won = world.created("client", client)
        return min(created, won - timedelta(days=dice.randrange(5, _LONGEST_CHASE))), won
    return created, _moved(dice, world, created, state == "NOT_CONTACTED", state in _CLOSED_LEADS)


def _moved(dice: Random, world: World, created: datetime, new: bool, closed: bool) -> datetime:
    """Return when a record got where it is: closed ones soon, open ones not long ago."""
    if new:
        return created
    age = (world.today - created.date()).days - 1
    waited = min(age, int(dice.expovariate(1 / 30 if closed else 1 / 14)))
    day = created + timedelta(days=max(0, waited if closed else age - waited))
    return day + timedelta(minutes=dice.randrange(5, 90))


def _lead_reach(
    dice: Random, world: World, number: int, client: int
) -> tuple[Person, str, str, str]:
    """Return who the lead is: name, company, e-mail address and phone."""
    if client:
        account = world.client_account(client)
        person = world.person("contact", world.client_contact(client))
        company = world.company("account", account)
        private = world.client_is_person(client)
    else:
        person = world.person("lead", number)
        company = world.company("lead", number)
        private = dice.random() < 0.25
    host = "example.net" if private else company.host
    login = f"{person.login}.{number}" if private else person.login
    phone = switchboard(company) if dice.random() < 0.8 else ""
    email = "" if phone and dice.random() < 0.15 else f"{login}@{host}"
    return person, "" if private else company.name, email, phone


def _next_call(dice: Random, world: World, state: str) -> datetime | None:
    """Return when to call next: some are late, some are for today, most are to come."""
    if dice.random() < (0.35 if state == "NOT_CONTACTED" else 0.08):
        return None
    luck = dice.random()
    if luck < 0.15:
        return _at_work(dice, working_day(world.today - timedelta(days=dice.randrange(1, 8))))
    if luck < 0.3:
        return _at_work(dice, world.today)
    return _at_work(dice, working_day(world.today + timedelta(days=dice.randrange(1, 29))))


def _at_work(dice: Random, day: date) -> datetime:
    """Return a quarter of an hour of a working day, UTC."""
    return datetime.combine(day, time(dice.randrange(9, 17), dice.choice((0, 15, 30, 45))), UTC)


def deal_stage(world: World, number: int) -> str:
    """Return the stage of a deal: older ones are won or lost."""
    age = (world.today - world.day("deal", number)).days
    stages = by_age(_DEAL_STAGES, age)
    return stages[world.draw("deal stage", number) % len(stages)]


def deal(world: World, number: int) -> dict[str, Any]:
    """Return a deal, with a client or with an account."""
    dice = world.dice("deal", number)
    stage = deal_stage(world, number)
    created = world.created("deal", number)
    moved = _moved(dice, world, created, stage == "LEAD", stage in _CLOSED_DEALS)
    party, account, client, contact = _counterpart(dice, world, number)
    practice = matters.practice(dice, not account)
    matter = dice.choice(practice.matters)
    return {
        "name": f"{matter}, {party}",
        "value": _value(dice, stage),
        "stage": stage,
        "expected_close": _expected(dice, world, stage, moved),
        "account": account,
        "client": client,
        "salesperson": any_of(MANAGERS, dice),
        "probability": dice.randrange(5, 100, 5) if dice.random() < 0.1 else None,
        "source": dice.choice(matters.SOURCES),
        "competitor": dice.choice(matters.COMPETITORS) if dice.random() < 0.2 else "",
        "stakeholder": [(contact, dice.choice(("decision maker", "champion", "legal")), True)],
        "notes": matters.enquiry(dice, matter) if dice.random() < 0.6 else "",
        "created_at": created,
        "moved_at": moved,
    }


def _counterpart(
    dice: Random, world: World, number: int
) -> tuple[str, int | None, int | None, int]:
    """Return with whom a deal is: name, account, client and contact."""
    day = world.day("deal", number)
    clients = world.until("client", day)
    if clients and dice.random() < 0.5:
        client = dice.randrange(1, clients + 1)
        account = None if world.client_is_person(client) else world.client_account(client)
        return world.client_name(client), account, client, world.client_contact(client)
    account = dice.randrange(1, max(1, world.until("account", day)) + 1)
    return world.company("account", account).short, account, None, world.first_contact(account)


def _value(dice: Random, stage: str) -> tuple[int, str] | None:
    """Return an amount in minor units with its currency; early on it may not be known."""
    if dice.random() < (0.15 if stage == "LEAD" else 0.02):
        return None
    pounds = dice.lognormvariate(9.6, 1.0)
    step = 250 if pounds < 20_000 else 1_000
    return max(step, round(pounds / step) * step) * 100, CURRENCY


def _expected(dice: Random, world: World, stage: str, moved: datetime) -> date | None:
    if stage in _CLOSED_DEALS:
        return moved.date() + timedelta(days=dice.randrange(-10, 15))
    if stage == "LEAD" and dice.random() < 0.3:
        return None
    return world.today + timedelta(days=dice.randrange(-12, 110))


def action(world: World, number: int) -> dict[str, Any]:
    """Return a follow-up: of the past and done, or near today and open."""
    dice = world.dice("action", number)
    is_open = dice.random() < _OPEN_ACTIONS
    created, due, done = _action_times(dice, world, number, is_open)
    about = _target(dice, world, created.date(), is_open)
    kind = dice.choice(matters.KINDS)
    matter = dice.choice(matters.practice(dice, about[0] == "contact").matters)
    return {
        "subject": matters.subject(dice, kind, matter),
        "due": due,
        "kind": kind,
        "about": about,
        "status": "OPEN" if is_open else "DONE",
        "owner": any_of(CALLERS, dice),
        "priority": dice.choice(("LOW", "NORMAL", "NORMAL", "NORMAL", "NORMAL", "HIGH")),
        "notes": matters.enquiry(dice, matter) if dice.random() < 0.2 else "",
        "outcome": "" if is_open else matters.outcome(dice, kind),
        "done_at": done,
        "created_at": created,
        "moved_at": done or created,
    }


def _action_times(
    dice: Random, world: World, number: int, is_open: bool
) -> tuple[datetime, datetime | None, datetime | None]:
    """Return when an action was made, when it is due, and when it was done."""
    if is_open:
        created = _at_work(dice, working_day(world.today - timedelta(days=dice.randrange(8, 30))))
        return created, _open_due(dice, world), None
    created = min(world.created("action", number), world.midnight - timedelta(days=4))
    due = _at_work(dice, working_day(created.date() + timedelta(days=dice.randrange(5, 14))))
    late = working_day(due.date() + timedelta(days=dice.choice((-1, 0, 0, 0, 0, 1, 3))))
    return created, due, _at_work(dice, min(late, world.today - timedelta(days=1)))


def _open_due(dice: Random, world: World) -> datetime | None:
    luck = dice.random()
    if luck < 0.05:
        return None
    if luck < 0.25:
        return _at_work(dice, working_day(world.today - timedelta(days=dice.randrange(1, 8))))
    if luck < 0.4:
        return _at_work(dice, world.today)
    return _at_work(dice, working_day(world.today + timedelta(days=dice.randrange(1, 22))))


def _target(dice: Random, world: World, day: date, is_open: bool) -> tuple[str, int]:
    """Return what an action made on a day is about; what is to do is about open leads and deals."""
    for _ in range(8):
        luck = dice.randrange(100)
        entity = next(entity for entity, limit in _ABOUT if luck < limit)
        known = world.until(entity, day)
        if not known:
            continue
        number = known - int(known * dice.random() ** (3 if is_open else 1.5))
        if not (is_open and _is_over(world, entity, number)):
            return entity, number
    return "contact", max(1, world.until("contact", day))


def _is_over(world: World, entity: str, number: int) -> bool:
    if entity == "lead":
        return lead_state(world, number) in _CLOSED_LEADS
    return entity == "deal" and deal_stage(world, number) in _CLOSED_DEALS
