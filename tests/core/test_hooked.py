"""Hooks that are called as the program runs."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crmkit.api import hookimpl
from crmkit.core.crm import Crm
from crmkit.core.host import Host, Source, load, module_source
from crmkit.plugins import BUILT_IN
from crmkit.sql.store import open_store
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, module_of


def host_of(**calls: Any) -> Host:
    """Return a host of the built-in plugins and a firm's plugin with these functions."""

    def made() -> ModuleType:
        module = module_of("acme", {})
        for name, run in calls.items():
            setattr(module, name, hookimpl(run))
        return module

    sources = [module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]
    return load([*sources, Source("acme", made)])


def crm_of(url: str, clock: Clock, **calls: Any) -> Crm:
    host = host_of(**calls)
    assert host.off == {}
    store = open_store(url, host.model)
    store.create()
    return Crm(host.model, store, clock=clock)


def test_plugins_hear_once_of_the_beginning_and_once_of_the_end(
    database_url: str, clock: Clock
) -> None:
    """While the data can be read."""
    heard: list[Any] = []
    crm = crm_of(
        database_url, clock,
        crm_started=lambda told: heard.append(told.count("lead")),
        crm_stopping=lambda: heard.append("end"),
    )  # fmt: skip
    crm.start()
    assert heard == [0]
    crm.close()
    crm.close()
    assert heard == [0, "end"]


def test_where_nobody_began_nothing_is_told(database_url: str, clock: Clock) -> None:
    heard: list[Any] = []
    crm = crm_of(database_url, clock, crm_stopping=lambda: heard.append("end"))
    crm.close()
    assert heard == []


@pytest.mark.parametrize("error", [KeyError("oh"), SystemExit("oh")])
def test_one_that_fails_is_named_with_its_line_and_stops_nothing(
    database_url: str, clock: Clock, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def fail(told: Any) -> None:
        raise error

    crm = crm_of(database_url, clock, crm_started=fail, crm_stopping=fail)
    crm.start()
    crm.close()
    line = fail.__code__.co_firstlineno + 1
    for name in ("crm_started", "crm_stopping"):
        assert f"{name} of plugin acme failed: {type(error).__name__}" in caplog.text
    assert f"({__file__}:{line})" in caplog.text


def test_a_hook_that_would_never_do_anything_is_a_fault() -> None:
    def crm_started(told: Any) -> Any:
        yield told

    assert "without yield" in host_of(crm_started=crm_started).off["acme"]
    assert "write: def crm_started(told):" in host_of(crm_started=lambda x: 1).off["acme"]


def test_the_feed_tells_of_programs_where_the_firm_wants_it(
    database_url: str, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "feed.jsonl"
    crm = firm_crm(database_url, clock, {"feed": {"file": str(file), "programs": True}})
    crm.start()
    crm.session("ada").add("lead", name="Ann", email="ann@example.com")
    crm.close()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line.get("program") for line in lines][-3:] == ["started", None, "stopping"]
