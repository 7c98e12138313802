"""Who somebody at this machine is, plugins say; where one fails, nobody gets in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.app import init, open_crm, whoami
from crmkit.core import serving
from crmkit.core.custom import change_custom
from crmkit.core.errors import Denied, NotFound
from crmkit.core.workspace import open_workspace
from tests.core.broken_plugins import HEAD

WHO = HEAD + "\n@hookimpl\ndef crm_authenticate(origin):\n    return "
Who = Callable[..., str]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of ada and bo."""
    place = tmp_path_factory.mktemp("who") / "firm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "ada")
        crm = init(place)
        crm.session("ada").add("user", name="bo")
        crm.store.close()
    return place


@pytest.fixture
def who(firm: Path, monkeypatch: pytest.MonkeyPatch) -> Who:
    """Ask who acts, where a firm's plugin says so."""
    monkeypatch.setenv("LOGNAME", "ada")

    def ask(answer: str, as_user: str | None = None) -> str:
        (firm / "plugins" / "acme.py").write_text(WHO + answer + "\n", encoding="utf-8")
        change_custom(firm / "custom.toml", lambda c: evolve(c, enabled=("acme",)))
        crm = open_crm(firm)
        try:
            assert crm.off == {}
            return whoami(crm, open_workspace(firm), as_user).name
        finally:
            crm.close()

    return ask


def test_a_firms_plugin_is_asked_first_and_may_leave_it_to_others(who: Who) -> None:
    assert who("{'ada': 'bo'}.get(origin.login)") == "bo"
    assert who("None") == "ada"


@pytest.mark.parametrize("answer", ["1 / 0", "5", "' '", "[][0]"])
def test_where_it_fails_nobody_gets_in(who: Who, firm: Path, answer: str) -> None:
    with pytest.raises(Denied, match="plugin acme cannot say who ada is: ") as refused:
        who(answer)
    assert "\n" not in str(refused.value)
    if answer == "1 / 0":
        assert f"({firm / 'plugins' / 'acme.py'}:" in str(refused.value)


def test_whoever_it_names_must_be_a_user(who: Who) -> None:
    with pytest.raises(NotFound, match="there is no user eve"):
        who("'eve'")


def test_it_never_overrides_whom_the_door_names(who: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it asked in a served session, whatever is missing there."""
    assert who("'bo'", as_user="ada") == "ada"
    monkeypatch.setattr(serving, "_served", True)
    assert who("1 / 0", as_user="bo") == "bo"
    assert who("'bo'") == "ada"
