"""A CRM at work: the Model, the store and the configuration, from which sessions are opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from attrs import field, frozen

from crmkit.core import acting, jobs, steps
from crmkit.core.config import Config
from crmkit.core.entity import Record
from crmkit.core.hooked import happen
from crmkit.core.kinds.base import Locale
from crmkit.core.model import Model
from crmkit.core.policy import ADMIN, Actor
from crmkit.core.purge import Note
from crmkit.core.session import Session
from crmkit.core.store import Store
from crmkit.core.waking import wake

TICKED = "ticked"
"""The note in the database of when what time brings was run last."""
SYSTEM = Actor(0, "crmkit", (ADMIN,))
"""The program itself: it makes the first user."""


@frozen
class Crm:
    """A Model on a store, with a clock (which tests freeze)."""

    model: Model
    store: Store
    config: Config = field(factory=Config)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    off: Mapping[str, str] = field(factory=dict)
    resting: Mapping[str, str] = field(factory=dict)
    """Plugins that are off because one that they require was left out on purpose."""

    _begun: list[bool] = field(factory=list, init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.model.absent.ask(self._notes)

    def _notes(self) -> Mapping[str, Note]:
        with self.store.reader() as reader:
            return reader.notes()

    def start(self) -> None:
        """Tell plugins that somebody begins to work with it."""
        self._begun.append(True)
        happen(self.session(SYSTEM, "program"), "crm_started")

    def close(self) -> None:
        """Tell plugins that he is about to end, if he had begun, and let go of the data."""
        try:
            if self._begun:
                self._begun.clear()
                happen(self.session(SYSTEM, "program"), "crm_stopping")
        finally:
            self.store.close()

    def locale(self) -> Locale:
        """Return the firm's region, currency and clock, now."""
        c = self.config
        return Locale(
            now=self.clock(), zone=c.zone, region=c.region, currency=c.currency,
            hours=c.business_hours,
        )  # fmt: skip

    def session(self, actor: Actor | str, via: str = "python") -> Session:
        """Open a session for a user."""
        who = self.actor(actor) if isinstance(actor, str) else actor
        return Session(self.model, self.store, who, self.locale, via)

    def actor(self, name: str) -> Actor:
        """Return a user as an actor; NotFound for no such user, Denied for one that is off."""
        with self.store.reader() as reader:
            return acting.named(reader, self.model, name)

    def tick(self) -> tuple[list[str], list[str]]:
        """Run what time brings; return what jobs and automations did, and what went wrong."""
        done, failed = jobs.run(self.session(SYSTEM, "tick"))
        woken, wrong = wake(self.session(SYSTEM, "automation"))
        return done + woken, failed + wrong

    def tick_in_turn(self, every: timedelta) -> bool:
        """Run what time brings unless any program on this data did so within `every`.

        Return whether it was run.
        """
        now = self.clock()
        with self.store.writer() as writer:
            last = writer.meta(TICKED)
            if last is not None and now - datetime.fromisoformat(last) < every:
                return False
            writer.set_meta(TICKED, now.isoformat())
        self.tick()
        return True

    def upgrade(self) -> list[str]:
        """Make the database fit the Model, and do once what plugins do to its data."""
        return [*self.store.upgrade(), *steps.take(self.session(SYSTEM, "upgrade"))]

    def pending(self) -> list[str]:
        """Return what `upgrade` would do, a line each."""
        waiting = [f"step {s.name} of plugin {s.owner}" for s in steps.due(self.model, self.store)]
        return [*self.store.pending(), *waiting]

    def add_first_user(self, name: str) -> Record:
        """Make the user who runs a new workspace: its admin."""
        from crmkit.core.fields import Item

        steps.skip(self.session(SYSTEM, "init"))

        with self.session(SYSTEM, "init").transaction(f"Make the workspace of {name}") as unit:
            return unit.add("user", name=name, roles=(Item("admin"), Item("staff")))
