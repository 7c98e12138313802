"""Importing the firm's plugins: once, in time, with the place of what fails."""

from __future__ import annotations

import _thread
import io
import sys
import threading
from pathlib import Path

import pytest

from crmkit.app import init, installed, open_crm
from crmkit.core import host, importing
from crmkit.core.errors import LONGEST, Fault
from crmkit.core.host import folder_sources, load, module_source
from crmkit.plugins import BUILT_IN

HEAD = "from crmkit.api import *\nplugin = Plugin('acme', requires=('leads',))\n"


def off(folder: Path, code: str) -> str:
    """Return why a plugin of this code is off."""
    (folder / "acme.py").write_text(code, encoding="utf-8")
    built_in = [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]
    return load([*built_in, *folder_sources(folder).values()]).off.get("acme", "")


def test_what_fails_is_imported_once_until_it_is_changed(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"with open({str(seen)!r}, 'a') as f:\n    f.write('x')\nraise ValueError('oh')\n"
    assert off(tmp_path, code) == off_again(tmp_path)
    assert seen.read_text() == "x"
    assert "oh" not in off(tmp_path, HEAD)


def off_again(folder: Path) -> str:
    """Return why the plugin that is there is off, without writing it anew."""
    built_in = [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]
    return load([*built_in, *folder_sources(folder).values()]).off["acme"]


def test_what_hangs_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PATIENCE", 0.2)
    assert "not imported within" in off(tmp_path, "import time\ntime.sleep(30)\n")
    monkeypatch.setattr(importing, "PATIENCE", 3600)
    assert "not imported within 0.2" in off_again(tmp_path)


def test_a_module_of_a_package_that_is_mended_is_imported_anew(tmp_path: Path) -> None:
    package = tmp_path / "acme"
    package.mkdir()
    (package / "__init__.py").write_text(f"{HEAD}from .more import X\n", encoding="utf-8")
    (package / "more.py").write_text("1 / 0\n", encoding="utf-8")
    assert f"({package / 'more.py'}:1)" in off_again(tmp_path)
    (package / "more.py").write_text("X = 1\n", encoding="utf-8")
    built_in = [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]
    assert load([*built_in, *folder_sources(tmp_path).values()]).off == {}


def test_the_user_may_interrupt_what_hangs(tmp_path: Path) -> None:
    """An interrupt of the plugin's own is its fault; one of the keyboard's is the user's word."""
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        off(tmp_path, "import time\ntime.sleep(30)\n")


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_the_programs_streams_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    """A plugin may write to them, and neither close nor replace them; output is none of its."""
    own, error = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", error)
    monkeypatch.setattr(sys, stream, own)
    told = off(tmp_path, f"import sys\nsys.{stream}.write('hello')\nsys.{stream}.close()\n")
    assert "acme.py:3" in told
    assert not off(tmp_path, f"{HEAD}import sys\nsys.{stream} = None\n")
    assert getattr(sys, stream) is own
    assert (error if stream == "stdout" else own).getvalue() == "hello"


@pytest.mark.parametrize(
    "code",
    ["raise KeyError('oh')\n", f"{HEAD}@hookimpl\ndef crm_views():\n    raise KeyError('oh')\n"],
)
def test_an_author_reads_the_plugin_the_file_and_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setenv(host.STRICT, "1")
    line = len(code.splitlines())
    with pytest.raises(Fault, match=rf"plugin acme: KeyError: 'oh' \({tmp_path}/acme.py:{line}\)"):
        off(tmp_path, code)


def test_what_says_nothing_is_told_by_its_name(tmp_path: Path) -> None:
    assert off(tmp_path, "raise ValueError\n") == f"ValueError ({tmp_path / 'acme.py'}:1)"


def test_what_is_said_at_length_is_cut(tmp_path: Path) -> None:
    told = off(tmp_path, "raise ValueError('x' * 20_000)\n")
    assert len(told) < LONGEST + 200
    assert "acme.py:1" in told
    command = f"yield Command('look', '{'y' * 20_000}', len)"
    told = off(tmp_path, f"{HEAD}@hookimpl\ndef crm_commands():\n    {command}\n")
    assert len(told) < LONGEST + 200


def test_a_plugin_that_is_nowhere_is_not_said_to_be_off(tmp_path: Path) -> None:
    told = off(tmp_path, HEAD.replace("leads", "nosuch"))
    assert "it requires plugin nosuch, which is not enabled, or not there" in told


@pytest.mark.parametrize("module", ["pkone", "pktwo.inner"])
def test_a_package_that_fails_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Also one that an entry point names inside of another, which is not imported to be found."""
    monkeypatch.setenv("LOGNAME", "ada")
    init(tmp_path / "firm").store.close()
    site = tmp_path / "site"
    file = site.joinpath(*module.split(".")) / "__init__.py"
    for folder in file.relative_to(site).parents:
        (site / folder).mkdir(parents=True, exist_ok=True)
        (site / folder / "__init__.py").write_text("", encoding="utf-8")
    file.write_text("\nraise ValueError('pk boom')\n", encoding="utf-8")
    info = site / "acme_pk-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: acme-pk\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[crmkit]\nacme = {module}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    assert installed()["acme"].path == str(file)
    assert not [name for name in sys.modules if name.startswith(module.partition(".")[0])]
    (tmp_path / "firm" / "custom.toml").write_text("[plugins]\nenabled = ['acme']\n")
    crm = open_crm(tmp_path / "firm")
    assert crm.off == {"acme": f"ValueError: pk boom ({file}:2)"}
    crm.store.close()
