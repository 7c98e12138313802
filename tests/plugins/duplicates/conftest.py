"""A firm on SQLite whose plugins find duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmkit.core.config import Config
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.fields import Item
from crmkit.core.host import load, module_source
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.plugins import BUILT_IN
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def model() -> Model:
    names = dict.fromkeys([*BUILT_IN, "duplicates"])
    return load([module_source(n, f"crmkit.plugins.{n}") for n in names]).model


@pytest.fixture
def session(model: Model, tmp_path: Path, databases: Databases) -> Iterator[Session]:
    """A session of an administrator."""
    store = databases.open(model, f"sqlite:///{tmp_path / 'crmkit.db'}")
    crm = Crm(model, store, Config(region="US"), lambda: NOW)
    crm.session(SYSTEM).add("user", name="ada", roles=(Item("admin"),))
    yield crm.session("ada", "test")
    store.close()
