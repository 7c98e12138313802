"""A firm with all built-in plugins on a database of its own, and a clock that stands still."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from crmkit.app import init, open_crm
from crmkit.core import host
from crmkit.core.config import Config
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.custom import change_custom
from crmkit.core.fields import Item
from crmkit.core.host import load, module_source
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.plugins import BUILT_IN
from tests.core.broken_plugins import Open
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of ada's with a lead and a client, where the plugin acme is switched on."""
    place = tmp_path_factory.mktemp("broken") / "firm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "ada")
        crm = init(place)
        ada = crm.session("ada")
        ada.add("lead", name="Ann Other", email="ann@example.com", status="CONTACTED")
        ada.add("client", name="Acme")
        crm.store.close()
    return place


@pytest.fixture
def firm(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.delenv(host.STRICT, raising=False)
    return Path(shutil.copytree(made, tmp_path / "firm"))


@pytest.fixture
def opened(firm: Path) -> Iterator[Open]:
    """Open the workspace with plugins of the given code switched on."""
    crms: list[Crm] = []

    def go(upgrade: bool = False, **code: str) -> Crm:
        for name, text in code.items():
            (firm / "plugins" / f"{name}.py").write_text(text, encoding="utf-8")
        change_custom(firm / "custom.toml", lambda c: evolve(c, enabled=tuple(code)))
        crms.append(open_crm(firm, upgrade=upgrade))
        if upgrade:
            crms[-1].store.upgrade()
        return crms[-1]

    yield go
    for crm in crms:
        crm.store.close()
