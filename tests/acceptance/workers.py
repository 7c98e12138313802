"""Processes that tests start, let run into one another, and kill."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from crmkit.app import open_crm
from crmkit.core.errors import Conflict, Refused
from crmkit.core.kinds.refs import Link
from crmkit.plugins import BUILT_IN

LOADED = [
    "crmkit.app", "crmkit.sql.store", "crmkit.exchange.importer",
    *(f"crmkit.plugins.{name}" for name in BUILT_IN), __name__,
]  # fmt: skip
"""What the process that all others are forked from has imported."""

Work = Callable[..., None]


@contextmanager
def started(work: Work, *args: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run `work(connection, *args)` in a process of its own; yield it with the other end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join(10)
        ours.close()


def count_up(there: Connection, place: Path, id: int, saves: int, checked: bool) -> None:
    """Add one to an account's employees again and again; tell each save and each conflict.

    Everybody reads once before anybody is told to go on, so that somebody is always late.
    """
    session = open_crm(place).session("ada")
    record: Any = session.get("account", id)
    there.send("read")
    there.recv()
    conflicts = 0
    for _ in range(saves):
        while True:
            mine = (record.employees or 0) + 1
            try:
                if checked:
                    saved = session.save(record.evolve(employees=mine))
                else:
                    saved = session.set("account", id, {"employees": mine})
                break
            except Conflict:
                conflicts += 1
                record = session.get("account", id)
        there.send((saved.version, mine))
        record = session.get("account", id)
    there.send(("conflicts", conflicts))


def save_together(there: Connection, place: Path, ids: list[int], first: int) -> None:
    """Give several leads the same new note, in one transaction, for ever; tell each that landed."""
    session = open_crm(place).session("ada")
    there.send("ready")
    n = first
    while True:
        with session.transaction() as unit:
            for id in ids:
                unit.set("lead", id, {"notes": f"note {n}", "company": f"Company {n}"})
            unit.add("action", subject=f"Act {n}", about=Link("lead", ids[0]))
        there.send(n)
        n += 1


def import_file(there: Connection, place: Path, file: Path) -> None:
    """Import a file of deals with an account each."""
    from crmkit.exchange.importer import ImportOptions, run_import

    session = open_crm(place).session("ada")
    options = ImportOptions.from_texts(create_missing=("account",))
    there.send("ready")
    run_import(session, "deal", file, options)
    there.send("landed")


def claim_all(there: Connection, place: Path, user: str, seed: int) -> None:
    """Claim every lead as one user; tell which were had, and what was said of the others.

    Neighbours start at the same lead, so that several want each at the same moment.
    """
    session = open_crm(place).session(user)
    there.send("ready")
    ids = there.recv()
    random.Random(seed // 10).shuffle(ids)
    had, said = [], []
    for id in ids:
        try:
            session.run("lead.claim", id)
            had.append(id)
        except Refused as late:
            said.append(str(late))
    there.send((had, said))
