"""A consultation that was held: its outcome, and the lead, client and actions that come of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from crmkit.api import (
    Context,
    Invalid,
    Link,
    Match,
    Record,
    Refused,
    choice,
    moment,
    note,
    params,
    ref,
    text,
)
from crmkit.plugins.consultations import parties
from crmkit.plugins.consultations.consultation import FEES, OUTCOMES, Consultation

KINDS = {"COMPANY": "Company", "PERSON": "Person"}
FOLLOW_UP_IN = dt.timedelta(days=7)


@params
class Outcome:
    """What came of a consultation, and what follows."""

    outcome: str = choice("Outcome", OUTCOMES)
    result: str = note("What came of it", help="What was said, in your words.")
    follow_up: str = text("Follow-up", default="", help="What is to be done next.")
    due: dt.datetime | None = moment("Due", default=None, help="Left empty, in a week.")
    lead: int | None = ref(
        "Lead", "lead", default=None,
        help="To go on as; left empty, the one it was with, or a new one.",
    )  # fmt: skip
    client: int | None = ref(
        "Client", "client", default=None,
        help="To go on as; left empty, the one it was with, or a new one.",
    )  # fmt: skip
    kind: str = choice(
        "Kind of client", KINDS, default="", help="Of a new one; left empty, as it seems to be."
    )
    fee_status: str = choice("Fee status", FEES, default="", help="Left empty, it stays as it is.")


def hold(meeting: Consultation, ctx: Context, said: Outcome) -> Record:
    """Note that it took place; a lead or a client and the follow-up come of it in the same commit.

    The lead or client needs the grants that making it by hand needs.
    """
    going = Going(meeting, ctx, said)
    made = going.on()
    who = Link(made.spec.name, made.id) if made else meeting.who
    values: dict[str, Any] = {"outcome": said.outcome, "who": who}
    if said.result.strip():
        values["result"] = said.result
    if said.fee_status:
        values["fee_status"] = said.fee_status
    with ctx.granted():
        held = ctx.move("consultation", meeting.id, "HELD", **values)
        going.log(held)
        going.follow_up(held)
    return held


def prefill(meeting: Consultation, ctx: Context) -> Mapping[str, Any]:
    """Return what the form starts with."""
    return {"result": meeting.result, "fee_status": meeting.fee_status}


def proposals(meeting: Consultation, ctx: Context) -> Mapping[str, list[Match]]:
    """Return the leads and clients that they may be already, likeliest first, with the reason."""
    party: Any = ctx.get(meeting.who.entity, meeting.who.id) if meeting.who else None
    found = {}
    for entity in ("lead", "client"):
        if party is not None and party.spec.name != entity:
            reach = parties.reach(party, many=entity == "client")
            near = ctx.near(entity, {"name": party.title, **reach})
            found[entity] = [match for match in near if match.entity == entity]
    return found


@frozen
class Going:
    """How one consultation goes on, with its transaction and what was said."""

    meeting: Consultation
    ctx: Context
    said: Outcome

    def on(self) -> Any:
        """Return the lead or client that it goes on as, made where there is none; else None."""
        if self.said.outcome == "LEAD":
            return self._as_lead()
        if self.said.outcome == "CLIENT":
            return self._as_client()
        return None

    def log(self, held: Any) -> None:
        """Keep in the timeline of whom it was with that one met: it counts as a touch."""
        if held.who is None:
            return
        label, result = OUTCOMES[held.outcome], self.said.result.strip()
        self.ctx.add(
            "action", subject=held.title, kind="MEETING", status="DONE", about=held.who,
            owner=held.owner, due=held.starts_at, done_at=min(held.ends_at, self.ctx.now),
            outcome=f"{label}. {result}" if result else label,
        )  # fmt: skip

    def follow_up(self, held: Any) -> None:
        """Plan what is to be done next, if anything was said."""
        subject, due = self.said.follow_up.strip(), self.said.due
        if subject or due:
            self.ctx.add(
                "action", subject=subject or f"Follow up: {held.title}", kind="CALL",
                about=held.who or Link("consultation", held.id), owner=held.owner,
                due=due or self.ctx.now + FOLLOW_UP_IN,
            )  # fmt: skip

    @property
    def _party(self) -> Any:
        who = self.meeting.who
        found = self.ctx.get(who.entity, who.id) if who else None
        if found is None:
            id = self.meeting.id
            raise Refused(f"Say first with whom it was: crmkit consultation set {id} who=...")
        return found

    def _chosen(self, entity: str, chosen: int | None) -> Any:
        """Return the lead or client that was named, or else the one that it was with."""
        who = self.meeting.who
        if chosen is None and who is not None and who.entity == entity:
            chosen = who.id
        if chosen is None:
            return None
        found = self.ctx.get(entity, chosen)
        if found is None:
            raise Invalid({entity: f"there is no {entity} {chosen}"})
        return found

    def _as_lead(self) -> Any:
        known = self._chosen("lead", self.said.lead)
        if known is not None:
            return known
        party, ctx = self._party, self.ctx
        reach = parties.reach(party)
        if not any(reach.values()):
            raise Refused(
                f"{party.title} has no phone number and no e-mail address, and a lead needs one: "
                f"crmkit {party.spec.name} set {party.id} phone=..."
            )
        lead = ctx.add(
            "lead", status="CONTACTED", notes=self.said.result, **reach,
            **parties.as_lead(party, ctx),
        )  # fmt: skip
        if self.meeting.owner not in (None, ctx.actor_id):
            with ctx.granted():  # whose lead it is follows from whose consultation it was
                lead = ctx.save(lead.evolve(owner=self.meeting.owner))
        return lead

    def _as_client(self) -> Any:
        who = self.meeting.who
        if who is not None and who.entity == "lead":
            return self._converted()
        client = self._chosen("client", self.said.client)
        if client is None:
            client = parties.client_of(self._party, self.ctx)
        if client is None:
            return self._new_client()
        if client.status == "PROSPECT":
            client = self.ctx.save(client.evolve(status="ACTIVE"))
        return client

    def _converted(self) -> Any:
        """Return the client that the lead became before, or becomes now."""
        lead, chosen = self._party, self.said.client
        if lead.status == "CONVERTED" and lead.client and chosen in (None, lead.client):
            return self._chosen("client", lead.client)
        said = {"client": chosen, "kind": self.said.kind}
        return self.ctx.run("lead.convert", lead.id, {k: v for k, v in said.items() if v})

    def _new_client(self) -> Any:
        party, ctx = self._party, self.ctx
        return ctx.add(
            "client", status="ACTIVE", account_manager=self.meeting.owner or ctx.actor_id,
            client_since=ctx.locale.local(ctx.now).date(),
            origin=Link("consultation", self.meeting.id), **parties.reach(party, many=True),
            **parties.as_client(party, self.said.kind, ctx),
        )  # fmt: skip
