"""What the made-up records have in common: their number, their days, and who belongs to whom.

Everything about a record follows from the seed, its entity and its number, so that any other
record may ask for it at any time and nothing needs to be kept in memory.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b
from random import Random

from crmkit.demo.companies import Company, company
from crmkit.demo.names import Person, person

SHARES = {
    "account": 12, "prospect": 4, "client": 6, "lead": 15, "deal": 8, "action": 10,
    "consultation": 2, "complaint": 1, "satisfaction": 2,
}  # fmt: skip
"""Per cent of all records; contacts are the rest."""
ORDER = (
    "account", "contact", "prospect", "client", "lead", "deal", "action", "consultation",
    "complaint", "satisfaction",
)  # fmt: skip
"""Entities in the order of their references: each points at earlier ones only."""
DAYS = 660
"""How long ago the oldest records were made; somewhat less than two years, for their leads."""
_ENOUGH_FOR_ALL = 20
_WITHOUT_ACCOUNT = 0.07
_PERSON_CLIENTS = 0.3
_CONVERTED = 0.65
_DRAWS = 2**64


def shares(records: int) -> dict[str, int]:
    """Return how many records of each entity there are; ValueError below zero."""
    if records < 0:
        raise ValueError(f"write a number of records from 0, not {records}")
    least = 1 if records >= _ENOUGH_FOR_ALL else 0
    found = {entity: max(least, records * share // 100) for entity, share in SHARES.items()}
    found["contact"] = records - sum(found.values())
    return {entity: found[entity] for entity in ORDER}


def working_day(day: date) -> date:
    """Return the day, or the Friday before a weekend's."""
    return day - timedelta(days=max(0, day.weekday() - 4))


class World:
    """The relations among the records of one made-up firm. Numbers of records start at 1."""

    def __init__(self, records: int, seed: int, today: date) -> None:
        self.seed = seed
        self.today = today
        self.counts = shares(records)
        self.midnight = datetime.combine(today, time(), UTC)
        self._shift = self.draw("firm", 0) % 10**6
        self.company = lru_cache(maxsize=4096)(self._company)

    def dice(self, purpose: str, number: int) -> Random:
        """Return chance that comes out the same for the same purpose and number."""
        return Random(f"{self.seed}/{purpose}/{number}")

    def draw(self, purpose: str, number: int) -> int:
        """Return one large number, by the same rule; far quicker than dice."""
        lot = f"{self.seed}/{purpose}/{number}".encode()
        return int.from_bytes(blake2b(lot, digest_size=8).digest(), "big")

    def luck(self, purpose: str, number: int) -> float:
        """Return a fraction from 0 to 1, by the same rule."""
        return self.draw(purpose, number) / _DRAWS

    def day(self, entity: str, number: int) -> date:
        """Return the day that a record was made; later ones have higher numbers."""
        gone = DAYS * number // (self.counts[entity] + 1)
        day = self.today - timedelta(days=DAYS - gone)
        return working_day(day)

    def created(self, entity: str, number: int) -> datetime:
        """Return when a record was made: what others point at, earlier in the day."""
        at = time(8 + ORDER.index(entity), number * 37 % 60, tzinfo=UTC)
        return datetime.combine(self.day(entity, number), at)

    def until(self, entity: str, day: date) -> int:
        """Return the highest number made before a day, 0 for none."""
        count = self.counts[entity]
        gone = DAYS - (self.today - day).days
        return min(count, max(0, (gone * (count + 1) - 1) // DAYS))

    def _company(self, entity: str, number: int) -> Company:
        before = {"account": 0, "lead": self.counts["account"]}
        before["prospect"] = before["lead"] + self.counts["lead"]
        return company(before[entity] + number - 1, self._shift)

    @property
    def groups(self) -> int:
        """How many accounts, the first ones, may be parents of later ones; they have none."""
        return self.counts["account"] // 20

    def person(self, entity: str, number: int) -> Person:
        """Return the person that a contact, lead or prospect is."""
        return person(self.draw(f"{entity} person", number))

    def first_contact(self, account: int) -> int:
        """Return the contact through whom an account was won: every account has one."""
        return account * self.counts["contact"] // self.counts["account"]

    def account_of(self, contact: int) -> int:
        """Return the account that a contact belongs to, 0 for none; older ones have more."""
        accounts, contacts = self.counts["account"], self.counts["contact"]
        if self.is_first(contact):
            return -(-contact * accounts // contacts)
        known = contact * accounts // contacts
        if not known or self.luck("employed", contact) < _WITHOUT_ACCOUNT:
            return 0
        return 1 + int((known - 1) * self.luck("employer", contact) ** 1.4)

    def is_first(self, contact: int) -> bool:
        """Whether an account was won through the contact."""
        accounts, contacts = self.counts["account"], self.counts["contact"]
        nearest = -(-contact * accounts // contacts)
        return bool(accounts) and nearest * contacts // accounts == contact

    def client_account(self, client: int) -> int:
        """Return the account of a client; of a private client, the one of the person's employer."""
        return client * self.counts["account"] // self.counts["client"]

    def client_is_person(self, client: int) -> bool:
        """Whether it is a private client."""
        return self.luck("private", client) < _PERSON_CLIENTS

    def client_contact(self, client: int) -> int:
        """Return the contact whom one talks to, or who is the client."""
        return self.first_contact(self.client_account(client))

    def client_name(self, client: int) -> str:
        """Return what a client is called."""
        if self.client_is_person(client):
            return self.person("contact", self.client_contact(client)).full
        return self.company("account", self.client_account(client)).name

    def lead_client(self, lead: int) -> int:
        """Return the client that a lead became, 0 for none; each comes of one lead at most."""
        clients, leads = self.counts["client"], self.counts["lead"]
        nearest = -(-lead * clients // leads)
        if not clients or nearest * leads // clients != lead:
            return 0
        return nearest if self.luck("conversion", lead) < _CONVERTED else 0
