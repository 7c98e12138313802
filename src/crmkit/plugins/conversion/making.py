"""What a lead becomes: a client, its people and its organisation, made or completed."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from crmkit.api import Context, Invalid, Item, Link, Record
from crmkit.plugins.conversion.carrying import carried, completing
from crmkit.plugins.conversion.names import name_parts

ELSEWHERE = ("name", "notes", "owner")
"""Fields that the client takes, and the other records do not."""


@frozen
class Making:
    """One conversion: the lead, its transaction and what was said."""

    lead: Any
    ctx: Context
    said: Any

    def run(self) -> Record:
        """Make or complete the records, and return the client."""
        lead, said = self.lead, self.said
        client = self._chosen("client", said.client or lead.client)
        account = self._account(client)
        contact = self._contact(account)
        client = self._client(client, contact, account)
        if said.deal or said.deal_name.strip() or said.deal_value is not None:
            self._deal(client, contact, account)
        return client

    @property
    def kind(self) -> str:
        """PERSON or COMPANY: as said, else by whether the lead names a company."""
        return str(self.said.kind or ("COMPANY" if self.lead.company.strip() else "PERSON"))

    @property
    def keeper(self) -> int:
        """Whose the lead is: its owner's, or his who claimed it, or whoever converts it."""
        lead = self.lead
        if lead.owner is None and lead.claimed_by and lead.claimed_until > self.ctx.now:
            return int(lead.claimed_by)
        return int(lead.owner or self.ctx.actor_id)

    def _chosen(self, entity: str, id: int | None) -> Record | None:
        if id is None:
            return None
        found = self.ctx.get(entity, id)
        if found is None:
            raise Invalid({entity: f"there is no {entity} {id}"})
        return found

    def _account(self, client: Any) -> Record | None:
        known = self.said.account or (client.account if client else None)
        chosen = self._chosen("account", known)
        company = self.lead.company.strip()
        if chosen is None and not company:
            return None
        values = self._carried("account") | ({"name": company} if company else {})
        return self._made("account", chosen, values | {"account_manager": self.keeper})

    def _contact(self, account: Record | None) -> Record:
        chosen = self._chosen("contact", self.said.contact)
        values = self._carried("contact") | name_parts(self.lead.name)
        if account is not None:
            values["account"] = (Item(account.id),)
        return self._made("contact", chosen, values)

    def _client(self, chosen: Any, contact: Record, account: Record | None) -> Record:
        lead, ctx = self.lead, self.ctx
        company = self.kind == "COMPANY"
        values = carried(lead, ctx.fields("lead"), ctx.fields("client"), leave=("name",)) | {
            "name": (lead.company.strip() if company else "") or lead.name,
            "kind": self.kind,
            "account_manager": self.keeper,
            "primary_contact": contact.id,
            "origin": Link("lead", lead.id),
            "client_since": ctx.locale.local(ctx.now).date(),
        }
        if account is not None and company:
            values["account"] = account.id
        client = self._made("client", chosen, values)
        if client.status == "PROSPECT":  # type: ignore[attr-defined]
            client = ctx.save(client.evolve(status="ACTIVE"))
        return client

    def _deal(self, client: Any, contact: Record, account: Record | None) -> None:
        said, lead = self.said, self.lead
        values = self._carried("deal") | {
            "name": said.deal_name.strip() or lead.company.strip() or lead.name,
            "value": said.deal_value,
            "client": client.id,
            "account": client.account or (account.id if account else None),
            "salesperson": self.keeper,
            "stakeholder": (Item(contact.id),),
        }
        self.ctx.add("deal", **values)

    def _carried(self, entity: str) -> dict[str, Any]:
        """Return the values that an entity's fields of the same name and kind take over."""
        fields = self.ctx.fields
        return carried(self.lead, fields("lead"), fields(entity), (*ELSEWHERE, "client"))

    def _made(self, entity: str, chosen: Record | None, values: dict[str, Any]) -> Record:
        """Return the chosen record with what it lacked, or else a new one."""
        if chosen is None:
            return self.ctx.add(entity, **values)
        more = completing(chosen, values, self.ctx.fields(entity))
        return self.ctx.save(chosen.evolve(**more)) if more else chosen
