"""What all tests share: a database of their own, on every kind of database, and real files."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.databases import Databases

_numbers = itertools.count(1)


def pytest_collection_finish() -> None:
    """Keep the collector from walking all that is imported again and again: a quarter of the time.

    What tests make is still collected, only less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server; skips where there is none, unless one is required."""
    try:
        with postgres.server() as url:
            yield url
    except postgres.Missing as reason:
        if os.environ.get(postgres.REQUIRE) == "1":
            pytest.fail(f"PostgreSQL is required: {reason}")
        pytest.skip(str(reason))


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    import psycopg

    name = f"crmkit_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        postgres.create(server, name)
    head, _, query = postgres_url.partition("?")
    yield f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh, empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crmkit.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """What gives empty databases their tables."""
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder whose `data/` holds real files that outsiders wrote; skips where there is none."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CRMKIT_SHARED", default))
    if not (folder / "data").is_dir():
        pytest.skip(f"no real files in {folder / 'data'} (set CRMKIT_SHARED)")
    return folder
