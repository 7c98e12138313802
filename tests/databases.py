"""Databases of tests: the tables of a Model are made once, and copied for every test."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from attrs import define, field
from sqlalchemy.engine import make_url

from crmkit.core.model import Model
from crmkit.sql.store import SqlStore, open_store


@define
class Databases:
    """Empty databases, with their tables."""

    folder: Path
    made: dict[tuple[int, str], tuple[Model, str]] = field(factory=dict)
    """By Model and kind of database: the Model (held, or another got its id), and the template."""

    def open(self, model: Model, url: str) -> SqlStore:
        """Give an empty database its tables, and open it."""
        sqlite = url.startswith("sqlite")
        key = (id(model), make_url(url).get_backend_name())
        if key not in self.made:
            self.made[key] = model, self._template(model, url)
        template = self.made[key][1]
        if sqlite:
            shutil.copy2(template, make_url(url).database or "")
        else:
            _copy(template, url)
        return open_store(url, model)

    def _template(self, model: Model, url: str) -> str:
        if url.startswith("sqlite"):
            path = self.folder / f"{len(self.made)}.db"
            store = open_store(f"sqlite:///{path}", model)
            store.create()
            store.close()
            return str(path)
        name = f"crmkit_template_{os.getpid()}_{len(self.made)}"
        with _server(url) as server:
            server.execute(f"CREATE DATABASE {name}")
        store = open_store(_other(url, name), model)
        store.create()
        store.close()
        return name


def _copy(template: str, url: str) -> None:
    name = make_url(url).database
    with _server(url) as server:
        server.execute(f"DROP DATABASE {name}")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _other(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _server(url: str) -> Any:
    import psycopg  # only where there is a server to talk to

    return psycopg.connect(_other(url, "postgres"), autocommit=True)
