"""A firm to import into, files to import, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crmkit.core.config import Config
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.fields import Item
from crmkit.core.host import load, module_source
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, ImportReport, run_import
from crmkit.plugins import BUILT_IN
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def model() -> Model:
    return load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model


@pytest.fixture
def crm(model: Model, tmp_path: Path, databases: Databases) -> Iterator[Crm]:
    yield from firm(model, f"sqlite:///{tmp_path / 'crmkit.db'}", databases)


def firm(model: Model, url: str, databases: Databases) -> Iterator[Crm]:
    store = databases.open(model, url)
    yield Crm(model, store, Config(region="US", currency="EUR"), lambda: NOW)
    store.close()


Login = Callable[..., Session]


@pytest.fixture
def login(crm: Crm) -> Login:
    """Return a session of a new user with the given roles."""

    def session(name: str, *roles: str) -> Session:
        items = tuple(Item(role) for role in roles)
        crm.session(SYSTEM).add("user", name=name, roles=items)
        return crm.session(name, "test")

    return session


@pytest.fixture
def session(login: Login) -> Session:
    return login("ada", "admin")


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a file of the given text."""

    def written(text: str, *, encoding: str = "utf-8", name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return written


Import = Callable[..., ImportReport]


@pytest.fixture
def bring(session: Session, write: Write) -> Import:
    """Return the report of importing a text as ada, the admin."""

    def brought(entity: str, text: str, **options: Any) -> ImportReport:
        return run_import(session, entity, write(text), ImportOptions.from_texts(**options))

    return brought
