"""What is done behind a commit stops nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmkit.api import Listener
from crmkit.core import listening
from crmkit.core.crm import Crm
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    listening.forget()
    yield
    listening.forget()


def test_a_listener_hears_of_each_commit_once_it_stands(database_url: str, clock: Clock) -> None:
    heard: list[tuple[str, int]] = []

    def run(commit: Any, told: Any) -> None:
        heard.append((commit.label, told.session.count("lead")))

    crm = firm_crm(database_url, clock, crm_listeners=[Listener("hear", run, entity="lead")])
    session = crm.session("ada")
    session.add("lead", name="Zoë", email="zoe@example.com")
    session.add("prospect", name="Nobody")
    assert heard == [("Add lead Zoë", 1)]
    crm.store.close()


def test_one_that_fails_stops_nothing_and_is_left_alone_after_three_times(
    database_url: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    def run(commit: Any, told: Any) -> None:
        tries.append(commit.id)
        raise OSError("no such place")

    crm = firm_crm(database_url, clock, crm_listeners=[Listener("bad", run, entity="lead")])
    session = crm.session("ada")
    for n in range(5):
        session.add("lead", name=f"Lead {n}", email=f"{n}@example.com")
    assert session.count("lead") == 5
    assert len(tries) == 3
    assert "listener bad of plugin acme failed: OSError: no such place" in caplog.text
    assert "is left alone now" in caplog.text
    crm.store.close()


def test_a_listener_of_no_entity_is_a_fault() -> None:
    host = firm_host(crm_listeners=[Listener("x", lambda c, t: None, entity="led")])
    assert "no entity 'led'" in host.off["acme"]


def test_the_feed_tells_what_changed_and_never_a_value(
    database_url: str, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "feed.jsonl"
    crm: Crm = firm_crm(database_url, clock, {"feed": {"file": str(file)}})
    crm.session("ada").add("lead", name="Secret Person", email="secret@example.com")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    (change,) = lines[-1]["changes"]
    assert (change["entity"], change["op"]) == ("lead", "create")
    assert {"name", "email"} <= set(change["fields"])
    assert "ecret" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    crm.store.close()
