"""A made-up firm for a test: a workspace on SQLite, a clock that stands still, people by role."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve, frozen

from crmkit.app import init, open_built_in, open_crm
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.custom import change_custom
from crmkit.core.entity import Record
from crmkit.core.errors import NotFound
from crmkit.core.fields import Item
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.core.workspace import open_workspace
from crmkit.testing.finding import Found
from crmkit.testing.samples import add

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""When every test begins: a Monday morning in London."""
BOSS = "ada"
"""Whose workspace it is: the admin."""
_SHIM = """\
from pathlib import Path
from crmkit.testing.firm import plugin_named
_of = vars(plugin_named({name!r}))
globals().update({{k: v for k, v in _of.items() if k == "plugin" or k.startswith("crm_")}})
"""
_modules: dict[str, ModuleType] = {}
_templates: dict[tuple[ModuleType, ...], Path] = {}


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        """Let time pass: `advance(days=3)`."""
        self.now += timedelta(**units)


@frozen
class Said:
    """What a command of the shell left: its exit code, its data and its messages."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data, read as JSON."""
        return json.loads(self.out)


def plugin_named(name: str) -> ModuleType:
    """Return a plugin that a test is about, which was imported once, for a workspace of it."""
    return _modules[name]


def made(plugins: Sequence[Found], folder: Path) -> Path:
    """Make a workspace with plugins switched on in a folder; the tables are made once a run."""
    _modules.update({p.name: p.module for p in plugins})
    key = tuple(p.module for p in plugins)
    if key not in _templates:
        place = Path(tempfile.mkdtemp(prefix="crmkit-")) / "firm"
        atexit.register(shutil.rmtree, place.parent, ignore_errors=True)
        init(place, region="GB", currency="GBP", timezone="Europe/London").store.close()
        for plugin in plugins:
            path = place / "plugins" / f"{plugin.name}.py"
            path.write_text(_SHIM.format(name=plugin.name), encoding="utf-8")
            path.chmod(0o600)
        switch(place, [p.name for p in plugins], True)
        crm = open_crm(place, upgrade=True)
        crm.store.upgrade()
        crm.store.close()
        _templates[key] = place
    return Path(shutil.copytree(_templates[key], folder))


def switch(place: Path, names: Iterable[str], on: bool) -> None:
    """Switch plugins on or off, as `crmkit plugin enable` and `disable` do."""
    named = tuple(names)
    change_custom(
        place / "custom.toml",
        lambda c: evolve(c, enabled=named if on else (), disabled=() if on else named),
    )


class Firm:
    """A firm on a workspace of its own."""

    def __init__(self, path: Path, plugins: Sequence[Found] = ()) -> None:
        self.path = path
        self.plugins = tuple(plugins)
        self.clock = Clock()
        self._crm: Crm | None = None
        self._made = 0
        self._beside: list[str] = []

    @property
    def crm(self) -> Crm:
        """The opened workspace."""
        if self._crm is None:
            self._crm = open_crm(self.path, clock=self.clock)
            self._crm.start()
        return self._crm

    @property
    def model(self) -> Model:
        """Everything that is declared."""
        return self.crm.model

    @property
    def plugin(self) -> ModuleType:
        """The module of the plugin that the test is about."""
        return self.plugins[-1].module

    @property
    def now(self) -> datetime:
        """The time."""
        return self.clock.now

    @property
    def admin(self) -> Session:
        """A session of somebody who may do everything."""
        return self.crm.session(BOSS, "test")

    def acting(self, *roles: str, name: str = "", team: str = "") -> Session:
        """Return a session of somebody with roles (and in a team), made on first use."""
        who = name or "_".join((*roles, team)).strip("_") or "nobody"
        try:
            return self.crm.session(who, "test")
        except NotFound:
            items = tuple(Item(role) for role in roles)
            self.crm.session(SYSTEM, "test").add("user", name=who, roles=items, team=team)
            return self.crm.session(who, "test")

    def make(self, entity: str, *, whole: bool = False, **values: Any) -> Record:
        """Add a record; what it needs besides the values given is made up.

        With `whole` every field is filled in.
        """
        self._made += 1
        model = self.model.entity(entity)
        if entity == "user":
            values = {"name": f"user{self._made}", **values}
        admin = self.admin
        return add(admin.add, admin.now, model, values, self._made, self.make, whole=whole)

    def fill(self, entity: str, count: int) -> None:
        """Add records with every field filled in, in one commit; they share what they point at."""
        model = self.model.entity(entity)
        shared: dict[str, Record] = {}
        with self.admin.transaction(f"{count} of {entity}") as unit:

            def target(name: str) -> Record:
                if name not in shared:
                    self._made += 1
                    known = {"name": f"user{self._made}"} if name == "user" else {}
                    shared[name] = add(
                        unit.add, unit.now, self.model.entity(name), known, self._made, target
                    )
                return shared[name]

            for _ in range(count):
                self._made += 1
                add(unit.add, unit.now, model, {}, self._made, target, whole=True)

    def value(self, record: Record, key: str) -> Any:
        """Return the value of a field, one of a facet's too, as it is stored now."""
        model = self.model.entity(record.spec.name)
        return self.admin.get(model.name, record.id).get(model.field(key))

    def reopen(self, *, disabled: Iterable[str] = ()) -> None:
        """Open the workspace anew, with plugins switched off; their data stays."""
        off = set(disabled)
        self.close()
        switch(self.path, [*(p.name for p in self.plugins), *self._beside], True)
        if off:
            switch(self.path, off, False)
        crm = open_crm(self.path, clock=self.clock, upgrade=True)
        crm.store.upgrade()
        crm.store.close()

    def put_beside(self, name: str, text: str) -> None:
        """Write another plugin into the workspace, and switch it on beside those there are."""
        self._beside = [*dict.fromkeys((*self._beside, name))]
        path = self.path / "plugins" / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        self.reopen()

    def purge(self, name: str) -> dict[str, int]:
        """Switch a plugin off and drop its data; return how many rows each table had."""
        from crmkit.core.purge import Holdings, Rows, purge

        self.close()
        switch(self.path, [name], False)
        crm = open_built_in(open_workspace(self.path), clock=self.clock)
        written: dict[str, int] = {}

        def count(found: Holdings, rows: Rows) -> None:
            written.update({table.table: len([*rows(table)]) for table in found.tables})

        try:
            purge(crm.session(BOSS, "test"), name, count, "by a test")
        finally:
            crm.store.close()
        return written

    def shell(self, *args: str, by: str = BOSS) -> Said:
        """Run `crmkit` on the workspace. It has the machine's clock, not the firm's."""
        from crmkit.cli import main

        out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["--workspace", str(self.path), "--as", by, *args])
        told, complained = (said.buffer.getvalue().decode() for said in (out, err))
        return Said(code, told, complained)

    def close(self) -> None:
        """Let go of the database."""
        if self._crm is not None:
            self._crm.close()
            self._crm = None
