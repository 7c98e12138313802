"""Runs of automations: what each did to which record, so that none does it twice."""

from __future__ import annotations

from collections.abc import Iterable

from crmkit.core import fields as f
from crmkit.core.declare import Plugin, hookimpl
from crmkit.core.entity import Record, entity

plugin = Plugin("runs", version="1.0", summary="What automations did")

BEGUN, DONE, FAILED, RESUMED = "begun", "done", "failed", "resumed"


@entity("automation_run", title="automation", label="Automation run", hidden=True)
class Run(Record):
    """What came of an automation on a record; `begun` is the first look of one that time triggers,
    `resumed` takes it up again after failures."""

    automation: str = f.text("Automation", index=True)
    outcome: str = f.text("Outcome")
    target: str = f.text("Entity", default="")
    record: int | None = f.number("Record", default=None, index=True)
    key: str = f.text("Key", default="")
    told: str = f.note("What went wrong")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The run."""
    yield Run
