"""Hooks that are called as the program runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crmkit.api import Automation, Created, Do, Job, Link, Notification, hookimpl
from crmkit.core import hooked
from crmkit.core.crm import Crm
from crmkit.core.host import Host, Source, load, module_source
from crmkit.plugins import BUILT_IN
from crmkit.sql.store import open_store
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, module_of


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    hooked.forget()
    yield
    hooked.forget()


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
    crm = Crm(host.model, store, clock=clock)
    crm.add_first_user("ada")
    return crm


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


AUTOMATION = Automation(
    "look", "lead", Created(), do=(Do("notify", to="ada", text="Look at {title}"),)
)


def test_notices_and_what_jobs_find_are_handed_on_once_they_stand(
    database_url: str, clock: Clock
) -> None:
    heard: list[Any] = []
    crm = crm_of(
        database_url, clock,
        crm_notify=lambda notice, told: heard.append((notice, told.count("notice"))),
        crm_automations=lambda: [AUTOMATION],
        crm_jobs=lambda: [Job("found", lambda ctx: "Three things")],
    )  # fmt: skip
    crm.session("ada").add("lead", name="Ann", email="ann@example.com")
    told = Notification("Look at Ann", to="ada", about=Link("lead", 1), source="automation look")
    assert heard == [(told, 1)]
    crm.tick()
    assert Notification("Three things", source="job found") in [notice for notice, _ in heard]
    crm.close()


def test_who_cannot_carry_notices_on_is_left_alone_and_loses_none(
    database_url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[Any] = []

    def fail(notice: Any) -> None:
        tries.append(notice)
        raise OSError("no mail")

    crm = crm_of(database_url, clock, crm_notify=fail, crm_automations=lambda: [AUTOMATION])
    ada = crm.session("ada")
    for n in range(5):
        ada.add("lead", name=f"Lead {n}", email=f"{n}@example.com")
    assert ada.count("notice") == 5
    assert len(tries) == 3
    assert "crm_notify of plugin acme failed: OSError: no mail" in caplog.text
    assert caplog.text.count("it is left alone now") == 1
    crm.close()


def test_the_feed_tells_of_notices_without_their_text(
    database_url: str, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "feed.jsonl"
    section = {"feed": {"file": str(file), "notices": True}}
    crm = firm_crm(database_url, clock, section, crm_automations=[AUTOMATION])
    crm.session("ada").add("lead", name="Ann", email="ann@example.com")
    crm.close()
    (line,) = [json.loads(t) for t in file.read_text().splitlines() if '"notice":' in t]
    assert (line["notice"], line["about"]) == ("ada", {"entity": "lead", "record": 1})
    assert "Look at" not in file.read_text()
