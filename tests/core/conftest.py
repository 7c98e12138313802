"""A firm with all built-in plugins on a database of its own, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmkit.core.config import Config
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.fields import Item
from crmkit.core.host import load, module_source
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.plugins import BUILT_IN
from tests.databases import Databases

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


@pytest.fixture(scope="session")
def model() -> Model:
    return load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crm(model: Model, clock: Clock, database_url: str, databases: Databases) -> Iterator[Crm]:
    store = databases.open(model, database_url)
    config = Config(region="GB", currency="GBP", timezone="Europe/London")
    assert config.zone == ZoneInfo("Europe/London")
    yield Crm(model, store, config, clock)
    store.close()


Login = Callable[..., Session]


@pytest.fixture
def login(crm: Crm) -> Login:
    """Return a session of a user with the given roles, made on first use."""

    def session(name: str = "ada", *roles: str, team: str = "") -> Session:
        try:
            return crm.session(name, "test")
        except Exception:
            items = tuple(Item(role) for role in roles or ("admin",))
            crm.session(SYSTEM).add("user", name=name, roles=items, team=team)
            return crm.session(name, "test")

    return session


@pytest.fixture
def admin(login: Login) -> Session:
    return login("ada", "admin")
