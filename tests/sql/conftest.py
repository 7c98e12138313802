"""A store on a fresh database, with the small Model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crmkit.core.entity import Record
from crmkit.core.model import EntityModel, Model
from crmkit.sql.store import SqlStore, open_store
from tests.sql import world


@pytest.fixture
def opened(database_url: str) -> Iterator[Callable[[Model], SqlStore]]:
    """Open the same database with one Model or another."""
    stores: list[SqlStore] = []

    def opening(model: Model) -> SqlStore:
        stores.append(open_store(database_url, model))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[Model], SqlStore]) -> SqlStore:
    made = opened(world.extended())
    made.create()
    return made


@pytest.fixture
def person(store: SqlStore) -> EntityModel:
    return store.model.entity("person")


Put = Callable[..., Record]


@pytest.fixture
def put(store: SqlStore, person: EntityModel) -> Put:
    """Store a person."""

    def putting(**values: Any) -> Record:
        with store.writer() as writer:
            return writer.insert(person, [world.new(person, **values)])[0]

    return putting
