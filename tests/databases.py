"""Databases of tests: the tables of a Model are made once, and copied for every test."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import define, field
from sqlalchemy.engine import make_url

from crmkit.core.model import Model
from crmkit.sql.store import SqlStore, open_store
from tests.postgres import create


@define
class Databases:
    """Empty databases, with their tables."""

    folder: Path
    made: dict[tuple[int, str], tuple[Model, str]] = field(factory=dict)
    """By Model and kind of database: the Model (held, or another got its id), and the template."""

    def open(self, model: Model, url: str) -> SqlStore:
        """Give an empty database its tables, and open it."""
        key = (id(model), make_url(url).get_backend_name())
        if key not in self.made:
            self.made[key] = model, self._template(model, url)
        _copy(self.made[key][1], url)
        return open_store(url, model)

    def _template(self, model: Model, url: str) -> str:
        name = f"crmkit_template_{os.getpid()}_{len(self.made)}"
        if url.startswith("sqlite"):
            template = f"sqlite:///{self.folder / name}.db"
        else:
            template = _other(url, name)
            with _server(url) as server:
                create(server, name)
        store = open_store(template, model)
        store.create()
        store.close()
        return template

    def close(self) -> None:
        """Drop the templates on a server that is still there: it may not be the tests' own."""
        for _, template in self.made.values():
            if not template.startswith("sqlite"):
                with suppress(_gone()), _server(template) as server:
                    server.execute(f"DROP DATABASE {make_url(template).database}")


def _copy(template: str, url: str) -> None:
    source, target = make_url(template).database or "", make_url(url).database or ""
    if url.startswith("sqlite"):
        shutil.copy2(source, target)
        return
    with _server(url) as server:
        server.execute(f"DROP DATABASE {target}")
        create(server, target, source)


def _other(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _server(url: str) -> Any:
    import psycopg  # only where there is a server to talk to

    return psycopg.connect(_other(url, "postgres"), autocommit=True)


def _gone() -> type[Exception]:
    import psycopg

    return psycopg.OperationalError
