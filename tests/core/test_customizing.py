"""A change is tried on the whole before it is written; hosts and sessions that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit import customizing
from crmkit.app import init, open_crm
from crmkit.core.crm import Crm
from crmkit.core.custom import Custom, CustomField, CustomStage, read_custom
from crmkit.core.custom.editing import added
from crmkit.core.custom.steps import Step
from crmkit.core.errors import Denied, NotFound, Refused
from crmkit.core.workspace import Workspace, open_workspace

AREA = CustomField(entity="lead", name="area", kind="text")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of ada's."""
    monkeypatch.setenv("LOGNAME", "ada")
    init(tmp_path / "firm").store.close()
    return open_workspace(tmp_path / "firm")


def _adding(part: object) -> Step:
    return Step("", lambda found: added(found, part))


def test_what_does_not_fit_leaves_file_and_database(place: Workspace) -> None:
    """A state after one that is not there: refused by name, and nothing was made."""
    bad = CustomStage(entity="deal", code="X", after="NOWHERE", fallback="LEAD")
    with pytest.raises(Refused, match=r"NOWHERE"):
        customizing.apply(place, _adding(bad))
    assert not place.custom.exists()
    assert not list(place.path.glob("*.bak.db"))
    assert not list(place.path.glob(".custom*"))


def test_what_is_demanded_of_the_model_is_asked_before_anything_is_made(place: Workspace) -> None:
    """The new Model is shown, with the new file's content."""

    def demand(crm: Crm, custom: Custom) -> None:
        assert custom.fields == (AREA,)
        assert "custom.area" in crm.model.entity("lead").by_key
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        customizing.apply(place, _adding(AREA), demand)
    assert not place.custom.exists()
    assert not list(place.path.glob("*.bak.db"))


def test_the_tables_are_made_after_a_backup(place: Workspace) -> None:
    """And it is noted which file they fit."""
    done = customizing.apply(place, _adding(AREA))
    assert done[0].startswith("the data as it was is in")
    assert len(list(place.path.glob("*.bak.db"))) == 1
    crm = open_crm(place)
    assert crm.store.pending() == []
    assert customizing.difference(place, crm.store) == ""
    crm.store.close()
    assert read_custom(place.custom).fields == (AREA,)


def test_plugins_are_switched_on_the_host_itself(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a session that is served; and only those that there are."""
    with pytest.raises(NotFound, match="did you mean leads"):
        customizing.switch(place, "laeds", on=False)
    monkeypatch.setattr(customizing, "served", lambda: True)
    with pytest.raises(Denied, match="on the host itself"):
        customizing.switch(place, "leads", on=False)


def test_nothing_is_changed_over_the_network(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walls would not let the file be written; the refusal says where to do it."""
    monkeypatch.setattr(customizing, "served", lambda: True)
    with pytest.raises(Denied, match="in a shell on the server itself"):
        customizing.apply(place, _adding(AREA))
    assert not place.custom.exists()
