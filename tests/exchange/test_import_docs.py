"""The commands in docs/import.md are those whose outcome is tested."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from pathlib import Path

from tests.exchange.test_import_real_files import BILLING, NPSP_STAGES, SALESFORCE

DOCS = Path(__file__).resolve().parents[2] / "docs/import.md"
COMMAND = re.compile(r"^    crmkit ((?:.*\\\n)*.*)$", re.MULTILINE)


def documented(start: str) -> dict[str, list[str]]:
    """Return the options of the one command in the docs that starts so."""
    commands = [
        text.replace("\\\n", " ") for text in COMMAND.findall(DOCS.read_text(encoding="utf-8"))
    ]
    (found,) = [text for text in commands if text.startswith(start)]
    options: dict[str, list[str]] = defaultdict(list)
    words = iter(shlex.split(found.removeprefix(start)))
    for word in words:
        options[word.removeprefix("--")].append(next(words))
    return options


def test_the_salesforce_command_is_the_tested_one() -> None:
    found = documented("deal import salesforce_opportunity.csv")
    assert sorted(found["map"]) == sorted(SALESFORCE["map"])
    assert sorted(found["value"]) == sorted(SALESFORCE["values"])
    assert (found["key"], found["create-missing"]) == (["Id"], ["account"])


def test_the_npsp_commands_are_the_tested_ones() -> None:
    for name in ("npsp_dev_account.csv", "npsp_1k_account.csv"):
        assert sorted(documented(f"account import {name}")["map"]) == sorted(BILLING)
    found = documented("deal import npsp_dev_opportunity.csv")
    assert sorted(found["value"]) == sorted(NPSP_STAGES)
    assert found["by"] == ["account=external_id", "stakeholder=external_id"]
    contacts = documented("contact import npsp_1k_contact.csv")
    assert sorted(contacts["map"]) == ["account=account_id", "job_title=Title"]
