"""A firm's files are believed where nobody but their owner, or root, may write them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkit.app import init, sources
from crmkit.core.custom import CustomRole, change_custom
from crmkit.core.custom.editing import added
from crmkit.core.trust import doubt, parts
from crmkit.core.workspace import open_workspace

CODE = "from crmkit.api import *\nplugin = Plugin('acme')\n"
OURS = os.getuid()


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in a folder such as /tmp, with a package that is switched on and a role."""
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.delenv("CRMKIT_SAFE", raising=False)
    place = tmp_path / "shared" / "firm"
    place.parent.mkdir()
    init(place).store.close()
    place.parent.chmod(0o1777)
    inner = place / "plugins" / "acme" / "inner"
    inner.mkdir(parents=True, mode=0o755)
    for file in (inner.parent / "__init__.py", inner.parent / "x.py", inner / "__init__.py"):
        file.write_text(CODE, encoding="utf-8")
        file.chmod(0o644)
    (place / "custom.toml").write_text("[plugins]\nenabled = ['acme']\n", encoding="utf-8")
    change_custom(place / "custom.toml", lambda c: added(c, CustomRole(name="x")))
    return place


def off(firm: Path) -> dict[str, str]:
    """Return the plugins that are refused, and why."""
    return sources(open_workspace(firm))[1]


def test_a_sticky_folder_above_the_workspace_does_not_matter(firm: Path) -> None:
    assert off(firm) == {}


@pytest.mark.parametrize(
    ("loose", "mode", "refused"),
    [
        ("plugins/acme/__init__.py", 0o666, {"acme"}),
        ("plugins/acme/x.py", 0o666, {"acme"}),
        ("plugins/acme/inner", 0o777, {"acme"}),
        ("plugins/acme/inner/__init__.py", 0o664, {"acme"}),
        ("plugins/acme", 0o775, {"acme"}),
        ("plugins", 0o775, {"acme"}),
        (".", 0o775, {"acme", "custom"}),
        ("crmkit.toml", 0o666, {"acme"}),
        ("custom.toml", 0o666, {"acme", "custom"}),
    ],
)
def test_what_others_may_write_is_not_run_and_the_mending_is_told(
    firm: Path, loose: str, mode: int, refused: set[str]
) -> None:
    (firm / loose).chmod(mode)
    found = off(firm)
    assert found.keys() == refused
    for why in found.values():
        assert why.endswith(f"close it with: chmod go-w {firm / loose}")
    (firm / loose).chmod(mode & ~0o022)
    assert off(firm) == {}


def _a_file(firm: Path, elsewhere: Path) -> None:
    (elsewhere / "y.py").write_text("", encoding="utf-8")
    (firm / "plugins" / "acme" / "y.py").symlink_to(elsewhere / "y.py")


def _a_package(firm: Path, elsewhere: Path) -> None:
    shutil.move(firm / "plugins" / "acme", elsewhere / "acme")
    (firm / "plugins" / "acme").symlink_to(elsewhere / "acme")


def _by_another_link(firm: Path, elsewhere: Path) -> None:
    (elsewhere / "y.py").symlink_to(firm / "plugins" / "acme" / "x.py")
    (firm / "plugins" / "acme" / "y.py").symlink_to(elsewhere / "y.py")


@pytest.mark.parametrize("linked", [_a_file, _a_package, _by_another_link])
def test_the_folders_that_a_link_leads_through_count(
    firm: Path, tmp_path: Path, linked: Callable[[Path, Path], None]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    linked(firm, elsewhere)
    assert off(firm) == {}
    elsewhere.chmod(0o777)
    assert off(firm)["acme"].endswith(f"chmod go-w {elsewhere}")
    elsewhere.chmod(0o1777)
    assert off(firm) == {}


def test_links_that_lead_nowhere_or_in_a_ring_stop_nothing(firm: Path) -> None:
    package = firm / "plugins" / "acme"
    (package / "nowhere.py").symlink_to(firm / "not_there")
    (package / "inner" / "up").symlink_to(package)
    assert off(firm) == {}
    (package / "ring.py").symlink_to(package / "ring.py")
    assert "ring.py cannot be looked at" in off(firm)["acme"]


def test_what_belongs_to_somebody_else_is_not_run(firm: Path) -> None:
    file = firm / "plugins" / "acme" / "__init__.py"
    if OURS:
        assert "belongs to somebody else" in doubt(parts(file), OURS + 1)
    else:
        os.chown(firm / "plugins" / "acme" / "x.py", 4321, -1)
        assert "x.py belongs to somebody else; mend it with: chown 0 " in off(firm)["acme"]
