"""Holding a plugin to the contract, without a test of its own: `crmkit plugin check`."""

from __future__ import annotations

import tempfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from attrs import frozen

from crmkit.app import installed
from crmkit.core.errors import Fault, Refused
from crmkit.core.host import folder_sources, load, module_source
from crmkit.dependants import requires
from crmkit.plugins import BUILT_IN

_TEST = """\
from pathlib import Path
from crmkit.testing import PluginContract
plugin = {plugin}
class TestContract(PluginContract):
    many = {many}
"""
MANY = 1000
"""With how many records everything is shown."""
_PREFIXES = ("AssertionError: ", "Failed: ", "crmkit.core.errors.Fault: ")
_LEFT_OUT = ("-p", "no:cacheprovider", "-p", "no:asyncio")


@frozen
class Promise:
    """One promise of the contract: whether it is kept, or else why not."""

    name: str
    kept: bool
    why: str = ""


class _Listener:
    def __init__(self) -> None:
        self.found: list[Promise] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note a promise when it was kept, or as soon as it was not."""
        if report.when != "call" and not report.failed:
            return
        name = report.nodeid.rpartition("::test_")[2].replace("_", " ")
        self.found.append(Promise(name, not report.failed, _reason(report)))


def _reason(report: Any) -> str:
    if not report.failed:
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash else report.longrepr)
    line = text.split("\n")[0]
    return next((line.removeprefix(p) for p in _PREFIXES if line.startswith(p)), line)


def _source(plugin: Path | str) -> str:
    return f"Path({str(plugin)!r})" if isinstance(plugin, Path) else repr(plugin)


def _hindrance(plugin: Path | str) -> str:
    """Return why a plugin cannot be loaded, with what it requires; '' where it can."""
    local = folder_sources(plugin.parent) if isinstance(plugin, Path) else {}
    known = {**installed(), **local}
    name = plugin.stem if isinstance(plugin, Path) else plugin
    wanted, waiting = [known[name]], [name]
    while waiting:
        needed = [n for n in requires(known[waiting.pop()]) if n in known]
        fresh = [n for n in needed if known[n] not in wanted]
        wanted += [known[n] for n in fresh]
        waiting += fresh
    built_in = [module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]
    return load([*built_in, *reversed(wanted)]).off.get(name, "")


def check(plugin: Path | str, many: int = MANY) -> list[Promise]:
    """Return the promises of a plugin's contract, by its file or its installed name.

    Everything is shown with `many` records. Refused says why a plugin cannot even be loaded; Fault
    that its tests did not start.
    """
    if why := _hindrance(plugin):
        name = plugin.stem if isinstance(plugin, Path) else plugin
        raise Refused(f"plugin {name} cannot be loaded: {why}")
    import pytest

    listener = _Listener()
    with tempfile.TemporaryDirectory(prefix="crmkit-check-") as folder, redirect_stdout(StringIO()):
        test = Path(folder) / "test_contract.py"
        test.write_text(_TEST.format(plugin=_source(plugin), many=many), encoding="utf-8")
        options = ["-p", "crmkit.testing", *_LEFT_OUT, "--rootdir", folder, "-c", "/dev/null"]
        with redirect_stderr(StringIO()):
            pytest.main([str(test), *options], plugins=[listener])
    if not listener.found:
        raise Fault(f"plugin {plugin} could not be checked: its tests did not start")
    return listener.found
