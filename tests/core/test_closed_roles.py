"""Policy fails closed: who is denied what only a plugin knows does not come in without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.app import DISABLE, SAFE, init, open_crm
from crmkit.core.crm import Crm
from crmkit.core.custom import change_custom
from crmkit.core.errors import Denied
from crmkit.core.fields import Item

WALL = """
from crmkit.api import *
plugin = Plugin("wall", version="1", requires=("clients",))
@hookimpl
def crm_policy():
    yield Role("shut_out", (Deny("client.*"),))
    yield Role("helper", ("client.read",))
"""
Open = Callable[[], Crm]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the plugin on, eve who is shut out, and hal who is only helped."""
    monkeypatch.setenv("LOGNAME", "ada")
    init(tmp_path / "firm").store.close()
    place = tmp_path / "firm"
    path = place / "plugins" / "wall.py"
    path.write_text(WALL, encoding="utf-8")
    path.chmod(0o600)
    change_custom(place / "custom.toml", lambda c: evolve(c, enabled=("wall",)))
    crm = open_crm(place, upgrade=True)
    crm.store.upgrade()
    ada = crm.session("ada")
    ada.add("user", name="eve", roles=(Item("crm_manager"), Item("shut_out")))
    ada.add("user", name="hal", roles=(Item("helper"),))
    assert crm.session("eve").model.roles["shut_out"]
    crm.store.close()
    return place


@pytest.fixture
def opened(place: Path) -> Iterator[Open]:
    crms: list[Crm] = []

    def go() -> Crm:
        crms.append(open_crm(place))
        return crms[-1]

    yield go
    for crm in crms:
        crm.store.close()


def broken(place: Path, patch: pytest.MonkeyPatch) -> None:
    (place / "plugins" / "wall.py").write_text("1 / 0\n", encoding="utf-8")


def left_out(place: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv(DISABLE, "wall")


def safe(place: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv(SAFE, "1")


def what_it_stands_on(place: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv(DISABLE, "clients")


def the_file_that_says_so(place: Path, patch: pytest.MonkeyPatch) -> None:
    (place / "custom.toml").write_text("enabled = [", encoding="utf-8")


def gone(place: Path, patch: pytest.MonkeyPatch) -> None:
    (place / "plugins" / "wall.py").unlink()


WAYS = (broken, left_out, safe, what_it_stands_on, the_file_that_says_so, gone)


@pytest.mark.parametrize("way", WAYS)
def test_who_is_denied_something_does_not_come_in(
    way: Callable[..., None], place: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    way(place, monkeypatch)
    crm = opened()
    with pytest.raises(Denied, match="crmkit plugin disable wall"):
        crm.session("eve")
    assert crm.session("hal")
    assert crm.session("ada")


def test_who_decided_to_do_without_lets_him_in(place: Path, opened: Open) -> None:
    change_custom(place / "custom.toml", lambda c: evolve(c, enabled=(), disabled=("wall",)))
    assert opened().session("eve").count("client") == 0


def test_on_again_it_denies_as_before(
    place: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out(place, monkeypatch)
    assert opened().model.closed == {"shut_out": "wall"}
    monkeypatch.delenv(DISABLE)
    crm = opened()
    assert crm.model.closed == {}
    with pytest.raises(Denied, match=r"role shut_out denies client\.\*"):
        crm.session("eve").find("client")


def test_the_role_that_the_program_acts_with_is_denied_nothing(place: Path, opened: Open) -> None:
    text = WALL.replace('"shut_out"', '"admin"')
    (place / "plugins" / "wall.py").write_text(text, encoding="utf-8")
    assert "role admin" in opened().off["wall"]
