"""What the built-in plugins declare, as a whole."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import crmkit.plugins
from crmkit.core import query
from crmkit.core.model import Model
from crmkit.plugins import BUILT_IN

ENTITIES = ("action", "lead", "deal", "contact", "account", "client", "prospect")
FOLDER = Path(crmkit.plugins.__file__).parent


def files_of(plugin: str) -> list[Path]:
    """Return the files of a plugin: one, or those of its folder."""
    one = FOLDER / f"{plugin}.py"
    return [one] if one.exists() else sorted((FOLDER / plugin).rglob("*.py"))


def imported_by(file: Path) -> set[str]:
    """Return the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_plugin_imports_nothing_of_ours_but_the_api(name: str) -> None:
    imported = {module for file in files_of(name) for module in imported_by(file)}
    ours = {module for module in imported if module.split(".")[0] == "crmkit"}
    its_own = f"crmkit.plugins.{name}"

    assert {m for m in ours if m != its_own and not m.startswith(f"{its_own}.")} == {"crmkit.api"}


def test_every_plugin_of_the_folder_is_listed() -> None:
    files = {path.stem for path in FOLDER.glob("[a-z]*.py")}
    folders = {path.parent.name for path in FOLDER.glob("*/__init__.py")}

    assert files | folders == set(BUILT_IN)


def test_the_entities_come_in_the_order_of_daily_work(model: Model) -> None:
    assert tuple(name for name in model.entities if name in ENTITIES) == ENTITIES


@pytest.mark.parametrize("name", ENTITIES)
def test_every_entity_has_a_list_for_narrow_screens_and_a_key(model: Model, name: str) -> None:
    entity = model.entity(name)

    assert len(entity.spec.key) == 1
    assert entity.spec.key not in "gh"
    assert 1 <= len(entity.tables) <= 9
    assert 4 <= len(entity.columns) <= 8
    assert all(field.section for field in entity.fields)


@pytest.mark.parametrize("name", ENTITIES)
def test_the_keys_of_views_are_not_given_twice(model: Model, name: str) -> None:
    labels = [table.label for table in model.entity(name).tables]

    assert len(set(labels)) == len(labels)


def test_every_filter_names_fields_that_exist(model: Model) -> None:
    def fields(node: query.Node) -> set[str]:
        if isinstance(node, query.Term):
            return {node.field} - {"is"}
        parts = [node.part] if isinstance(node, query.No) else getattr(node, "parts", ())
        return {name for part in parts for name in fields(part)}

    views = [*model.home, *(t for e in model.entities.values() for t in e.tables)]
    unknown = {
        (view.entity, name)
        for view in views
        for name in fields(query.parse(view.filter))
        if name not in model.entity(view.entity).by_key
    }

    assert unknown == set()


@pytest.mark.parametrize("name", ENTITIES)
def test_last_activity_is_derived_and_never_typed(model: Model, name: str) -> None:
    entity = model.entity(name)
    if name == "action":
        return

    assert entity.field("last_activity").derived
    assert [d.field for d in entity.derived if d.field == "last_activity"] == ["last_activity"]


def test_accounts_are_derived_after_what_they_add_up(model: Model) -> None:
    order = [entity for entity, derived in model.derivations if derived.field == "last_activity"]

    assert order[-1] == "account"


def test_my_day_shows_what_is_late_first(model: Model) -> None:
    labels = [section.label for section in model.home]
    known = [
        "Overdue", "Today", "Claims about to end", "Next calls", "Unassigned leads", "Stale leads",
    ]  # fmt: skip

    assert [label for label in labels if label in known] == known


@pytest.mark.parametrize("name", ["lead", "deal", "action"])
def test_states_are_told_apart_without_colour(model: Model, name: str) -> None:
    states = model.workflow(name).states

    assert len({state.glyph for state in states}) == len(states)
    assert all(state.colour for state in states)


def test_deals_have_the_stages_with_their_probabilities(model: Model) -> None:
    stages = {s.code: (s.probability, s.outcome) for s in model.workflow("deal").states}

    assert stages == {
        "LEAD": (10, "open"),
        "QUALIFIED": (25, "open"),
        "PROPOSAL": (50, "open"),
        "NEGOTIATION": (75, "open"),
        "CLOSED_WON": (100, "won"),
        "CLOSED_LOST": (0, "lost"),
    }


def test_leads_have_their_statuses(model: Model) -> None:
    assert model.workflow("lead").codes() == (
        "NOT_CONTACTED", "CONTACTED", "QUALIFIED", "CONVERTED", "LOST",
    )  # fmt: skip


def test_all_personal_fields_of_a_contact_are_marked(model: Model) -> None:
    personal = {f.name for f in model.entity("contact").fields if f.personal}

    assert personal >= {"first_name", "last_name", "email", "phone", "address", "social", "notes"}
