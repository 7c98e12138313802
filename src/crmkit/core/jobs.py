"""Jobs: what time brings, each in a transaction of its own; one that keeps failing is suspended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmkit.core.blaming import blaming, sentence
from crmkit.core.errors import CrmError, NotFound, unknown
from crmkit.core.hooked import happen
from crmkit.core.model import Model
from crmkit.core.showing import Job, Notification
from crmkit.core.store import Reader, Store

if TYPE_CHECKING:
    from crmkit.core.session import Session

PATIENCE = 3
"""After how many failures in a row a job is suspended, until it is resumed."""


def run(session: Session) -> tuple[list[str], list[str]]:
    """Run every job that is not suspended; return what they did, and what went wrong."""
    done, failed = [], []
    for job in session.model.jobs:
        with session.store.reader() as reader:
            failures = _failures(reader, job)
        if failures >= PATIENCE:
            failed.append(_suspended(job))
            continue
        try:
            said = _run(session, job)
        except CrmError as error:
            _note(session.store, job, failures + 1)
            failed.append(str(error))
            failed += [_suspended(job)] if failures + 1 == PATIENCE else []
            continue
        if failures:
            _note(session.store, job, 0)
        if said:
            done.append(said)
            happen(session, "crm_notify", notice=Notification(said, source=f"job {job.name}"))
    return done, failed


def _run(session: Session, job: Job) -> str:
    with (
        blaming(job.owner, f"job {job.name}", job.run, lets="none"),
        session.transaction(job.label or job.name) as unit,
    ):
        return sentence(job.run(unit))


def suspended(model: Model, store: Store) -> list[str]:
    """Return which jobs are suspended, a sentence each that says how they are taken up again."""
    with store.reader() as reader:
        return [_suspended(job) for job in model.jobs if _failures(reader, job) >= PATIENCE]


def resume(model: Model, store: Store, name: str) -> None:
    """Take up a job that was suspended; NotFound for no such job."""
    found = [job for job in model.jobs if job.name == name]
    if not found:
        raise NotFound(unknown("job", name, [job.name for job in model.jobs]))
    for job in found:
        _note(store, job, 0)


def _suspended(job: Job) -> str:
    return (
        f"job {job.name} of plugin {job.owner} is suspended after {PATIENCE} failures in a row; "
        f"to take it up again: crmkit tick --resume {job.name}"
    )


def _key(job: Job) -> str:
    return f"job {job.owner}.{job.name}"


def _failures(reader: Reader, job: Job) -> int:
    """Return how often in a row a job has failed."""
    return int(reader.meta(_key(job)) or 0)


def _note(store: Store, job: Job, failures: int) -> None:
    with store.writer() as writer:
        writer.set_meta(_key(job), str(failures))
