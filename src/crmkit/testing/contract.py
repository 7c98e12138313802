"""What every plugin promises; a plugin's tests inherit it."""

from __future__ import annotations

import ast
import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from crmkit.core import rules
from crmkit.core.audit import verify
from crmkit.core.crm import SYSTEM
from crmkit.core.erasure import personal
from crmkit.core.errors import CrmError, Denied, Invalid, Refused
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.refs import Link, LinkKind
from crmkit.core.model import EntityModel
from crmkit.core.rules import snapshot
from crmkit.testing.firm import Firm
from crmkit.testing.rendering import render, touched
from crmkit.testing.seat import Seats


class _Enough(Exception):
    """Ends a transaction that is to leave nothing behind."""


class PluginContract:
    """The promises of a plugin: `class TestContract(PluginContract): plugin = "acme"`.

    Without `plugin` in the class, the test module's own `plugin` is meant.
    """

    plugin: Any = ""
    many = 25
    """How many records "some" are."""

    def test_it_loads_strictly(self, crm: Firm) -> None:
        """Everything that it declares fits, by the name that its file has."""
        assert crm.plugins, "say which plugin this is about: plugin = 'its name'"
        assert dict(crm.crm.off) == {}
        for found in crm.plugins:
            assert found.declared.name == found.name, (
                f"the plugin is called {found.declared.name}, and its file {found.name}"
            )
            assert found.name in [p.name for p in crm.model.plugins]

    def test_it_imports_only_the_api(self, crm: Firm) -> None:
        """Of crmkit a plugin imports `crmkit.api` and nothing else."""
        lines = [line for found in crm.plugins for line in foreign_imports(found)]
        assert not lines, "; ".join(lines)

    def test_references_follow_a_merge(self, crm: Firm) -> None:
        """What points at a record points at the one that it was merged into."""
        for model, f in _references(crm):
            for target in f.targets:
                if target == "user" or f.derived or target not in crm.model.entities:
                    continue
                keep, lose = crm.make(target), crm.make(target)
                record = crm.make(model.name)
                with crm.crm.session(SYSTEM, "test").transaction("point") as unit, unit.granted():
                    unit.set(model.name, record.id, {f.key: _pointing(f, target, lose.id)})
                crm.admin.merge(target, keep.id, [lose.id])
                now = crm.admin.get(model.name, record.id).get(f)
                assert now == f.validate(_pointing(f, target, keep.id)), (
                    f"{model.name}.{f.key} still points at the {target} that was merged"
                )

    def test_commands_refuse_without_their_grant(self, crm: Firm) -> None:
        """Whoever lacks a command's grant is refused, and nothing changes."""
        for model in crm.model.entities.values():
            commands = [c for c in model.commands if c.owner in _names(crm)]
            record = crm.make(model.name) if commands else None
            for command in commands:
                assert record is not None
                for role in sorted(crm.model.roles):
                    session = crm.acting(role)
                    if session.rights.allows(model, command.verb):
                        continue
                    before = crm.admin.log(limit=1)[0].id
                    with pytest.raises(Denied):
                        session.run(f"{model.name}.{command.name}", record.id)
                    assert crm.admin.log(limit=1)[0].id == before, (
                        f"{model.name}.{command.name} wrote something for {role}"
                    )

    def test_rules_survive_an_empty_record(self, crm: Firm) -> None:
        """Guards, checks, fills and badges answer of a record with nothing in it."""
        for model in crm.model.entities.values():
            empty = rules.sketch(model, {})
            with contextlib.suppress(_Enough), crm.admin.transaction("try") as unit:
                for guard in model.guards:
                    if guard.owner in _names(crm):
                        with contextlib.suppress(Invalid, Refused, Denied):
                            guard.check(empty, unit)
                for name, rule, given in _rules(crm, model.name):
                    with contextlib.suppress(Invalid, Refused, Denied), _told(name):
                        rule(*((None, empty) if given == 2 else (empty,)), unit)
                raise _Enough
            marks = [tag.text for tag in crm.admin.badges(empty)]
            for name in _names(crm):
                assert f"{name}!" not in marks, f"a badge of {name} fails on an empty {model.name}"

    @pytest.mark.parametrize("records", ["none", "one", "some"])
    def test_everything_is_shown_to_every_role(self, crm: Firm, records: str) -> None:
        """Lists, boards, forms, reports and files come out for each role, or are refused."""
        here = [model.name for model in touched(crm)]
        for name in here:
            crm.fill(name, {"none": 0, "one": 1}.get(records, self.many))
        for role in sorted(crm.model.roles):
            render(crm, crm.acting(role), here)

    def test_the_terminal_shows_it(self, crm: Firm, pilot: Seats) -> None:
        """The list, the board and the forms of its entities open in the terminal."""
        asyncio.run(_walk(crm, pilot))

    def test_personal_data_are_told_and_erased(self, crm: Firm) -> None:
        """What is personal is told, and erased with the record whose subject it is."""
        for model in touched(crm):
            record = crm.make(model.name, whole=True)
            mine = [f for f in personal(model) if f.owner in _names(crm)]
            found = crm.admin.personal_data(model.name, record.id).records
            told = {(k.entity, k.record): k for k in found}
            for f in mine:
                assert f.key in told[model.name, record.id].values, (
                    f"{f.key} of {model.name} is personal and is not told"
                )
            if not any(personal(crm.model.entity(kept.entity)) for kept in found):
                continue  # to erase nothing is refused
            crm.admin.erase(model.name, record.id)
            now = crm.admin.get(model.name, record.id, deleted=True)
            for f in mine:
                assert now.get(f) != record.get(f), f"{f.key} of {model.name} outlived an erasure"
            assert verify(crm.crm.store).faults == []

    def test_its_data_outlives_being_off(self, crm: Firm) -> None:
        """Switched off its fields and entities are gone, switched on their values are back."""
        made = {m.name: crm.make(m.name, whole=True).id for m in touched(crm)}
        before = _values(crm, made)
        names = _names(crm)
        crm.reopen(disabled=names)
        assert set(names).isdisjoint(p.name for p in crm.model.plugins)
        for name, id in made.items():
            if name in crm.model.entities:
                assert crm.admin.get(name, id).id == id
        crm.reopen()
        assert _values(crm, made) == before

    def test_its_data_can_be_purged(self, crm: Firm) -> None:
        """Purged, nothing of it is left; switched on again it starts empty, and all else stays."""
        name = crm.plugins[-1].name
        before = {m.name: crm.make(m.name, whole=True) for m in touched(crm)}
        written = crm.purge(name)
        crm.reopen()
        for entity, record in before.items():
            model = crm.model.entity(entity)
            if model.plugin == name:
                assert written[entity], f"records of {entity} were dropped unwritten"
                assert crm.admin.count(entity) == 0, f"records of {entity} outlived a purge"
                continue
            now = crm.admin.get(entity, record.id)
            for f in model.fields:
                if f.owner == name and f.facet and not f.derived:
                    assert now.get(f) == f.blank(), f"{f.key} of {entity} outlived a purge"
        assert crm.crm.store.verify() == []


def foreign_imports(found: Any) -> Iterator[str]:
    """Yield where a plugin imports anything of crmkit besides `crmkit.api`."""
    for file in found.files:
        if "tests" in file.parts and file.name.startswith(("test_", "conftest")):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
                if names == ["crmkit"]:
                    names = [f"crmkit.{alias.name}" for alias in node.names]
            for name in names:
                if name.split(".")[0] == "crmkit" and name != "crmkit.api":
                    yield f"{file.name}:{node.lineno} imports {name}"  # type: ignore[attr-defined]


def _names(crm: Firm) -> list[str]:
    return [found.name for found in crm.plugins]


def _references(crm: Firm) -> Iterator[tuple[EntityModel, Field]]:
    """Yield the references of the plugin, and those of others that point at its entities."""
    own = {m.name for m in crm.model.entities.values() if m.plugin in _names(crm)}
    for model in crm.model.entities.values():
        for f in model.fields:
            if f.targets and (f.owner in _names(crm) or own & set(f.targets)):
                yield model, f


def _pointing(f: Field, target: str, id: int) -> Any:
    value = Link(target, id) if isinstance(f.kind, LinkKind) else id
    return (Item(value),) if f.many else value


def _rules(crm: Firm, entity: str) -> Iterator[tuple[str, Any, int]]:
    """Yield the checks and fills of the plugin for an entity, and how many records they take."""
    for found in crm.plugins:
        for extension in getattr(found.module, "crm_extensions", list)() or ():
            if extension.entity == entity:
                yield from ((found.name, check, 1) for check in extension.checks)
                yield from ((found.name, fill, 2) for fill in extension.fills)
    model = crm.model.entity(entity)
    if model.plugin in _names(crm):
        yield from ((model.plugin, check, 1) for check in model.spec.checks)


@contextlib.contextmanager
def _told(plugin: str) -> Iterator[None]:
    try:
        yield
    except CrmError:
        raise
    except Exception as error:
        pytest.fail(f"a rule of {plugin} fails on an empty record: {type(error).__name__}: {error}")


def _values(crm: Firm, made: dict[str, int]) -> dict[str, Any]:
    return {
        name: snapshot(crm.model.entity(name), crm.admin.get(name, id)) for name, id in made.items()
    }


async def _walk(crm: Firm, pilot: Seats) -> None:
    """Open each screen of the plugin once."""
    records = {m.name: crm.make(m.name).id for m in touched(crm) if not m.spec.hidden}
    async with pilot() as seat:
        for name, id in records.items():
            await seat.show(seat.desk.go_entity, name)
            title = crm.model.entity(name).plural
            assert title in seat.text(), f"the terminal does not show {title}"
            if crm.model.entity(name).flow:
                await seat.show(seat.desk.go_board, name)
            await seat.show(seat.desk.open_record, name, id)
            await seat.show(seat.desk.open_form, name, id)
            seat.app.pop_screen()
            seat.app.pop_screen()
        for report in crm.model.reports.values():
            if report.owner in _names(crm):
                await seat.show(seat.desk.go_report, report.name)
                seat.app.pop_screen()
