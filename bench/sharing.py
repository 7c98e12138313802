"""How long savers wait beside an import: `python bench/sharing.py --savers 15 --rows 10000`.

Each saver is a process that changes a lead, thinks, and changes the next. The control hands the
turn over as SQLite does by itself (`busy_timeout`); ours lets everybody stand in line.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from typing import Any

from attrs import frozen

from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.errors import Fault
from crmkit.core.host import load, module_source
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from crmkit.plugins import BUILT_IN
from crmkit.sql import engine, queueing
from crmkit.sql.lanes import Lane
from crmkit.sql.store import open_store

THINK = 0.3
"""Seconds between two saves of one person, on the average."""


@frozen
class Case:
    """One way to share: what is imported beside, and how the turn is handed over."""

    name: str
    plain: bool = False
    importing: bool = True
    batch: int = 0


CASES = (
    Case("nobody imports", importing=False),
    Case("batches of 200, in line", batch=200),
    Case("batches of 200, busy_timeout", batch=200, plain=True),
    Case("one commit, in line"),
)


def opened(url: str, plain: bool) -> Crm:
    """Open the database; `plain` leaves waiting to SQLite."""
    if plain:
        queueing.possible = lambda: False  # type: ignore[assignment]
        Lane.begin_by = _left_to_sqlite  # type: ignore[method-assign]
    engine.BUSY_SECONDS = 600
    model = load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model
    return Crm(model, open_store(url, model), Config())


def _left_to_sqlite(lane: Lane, deadline: float) -> None:
    lane.sql(f"PRAGMA busy_timeout = {int(1000 * (deadline - time.monotonic()))}")
    lane.begin()


def save(there: Connection, url: str, plain: bool, id: int) -> None:
    """Save until told to stop; tell the seconds of each save."""
    session = opened(url, plain).session("bench")
    chance, waited = random.Random(id), []
    session.set("lead", id, {"notes": "first"})
    there.send("ready")
    there.recv()
    while not there.poll(chance.expovariate(1 / THINK)):
        start = time.perf_counter()
        session.set("lead", id, {"notes": f"note {len(waited)}"})
        waited.append(time.perf_counter() - start)
    there.send(waited)


def bring(session: Session, path: Path, batch: int) -> float:
    """Import a file; return the seconds."""
    start = time.perf_counter()
    options = ImportOptions(create_missing=("account",), batch=batch)
    run_import(session, "contact", path, options)
    return time.perf_counter() - start


def measured(case: Case, savers: int, path: Path, seconds: float) -> tuple[list[float], float]:
    """Return the seconds of all saves, and those of the import."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite:///{place}/crmkit.db"
        crm = opened(url, False)
        crm.store.create()
        crm.add_first_user("bench")
        session = crm.session("bench")
        for n in range(savers):
            session.add("lead", name=f"Lead {n}", email=f"lead{n}@example.com")
        ends = []
        for n in range(savers):
            ours, theirs = context.Pipe()
            context.Process(target=save, args=(theirs, url, case.plain, n + 1), daemon=True).start()
            ends.append(ours)
        told(ends)
        for end in ends:
            end.send("go")
        spent = 0.0
        if case.importing:
            spent = _imported(context, url, case, path)
        else:
            time.sleep(seconds)
        for end in ends:
            end.send("stop")
        waited = [second for found in told(ends) for second in found]
        crm.store.close()
    return waited, spent


def _imported(context: Any, url: str, case: Case, path: Path) -> float:
    ours, theirs = context.Pipe()
    context.Process(target=_import, args=(theirs, url, case, path), daemon=True).start()
    return float(ours.recv())


def _import(there: Connection, url: str, case: Case, path: Path) -> None:
    there.send(bring(opened(url, case.plain).session("bench"), path, case.batch))


def told(ends: Sequence[Connection]) -> list[Any]:
    """Return what each process says; Fault where one has gone."""
    try:
        return [end.recv() for end in ends]
    except EOFError:
        raise Fault("a saver has failed") from None


def write_file(path: Path, rows: int) -> None:
    """Write made-up contacts, ten to an account."""
    lines = [f"First{n},Last{n % 977},p{n}@example.com,Firm {n // 10}" for n in range(rows)]
    path.write_text("\n".join(["first_name,last_name,email,account", *lines]))


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--savers", type=int, default=15)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=15)
    asked = parser.parse_args()
    print(f"{asked.savers} savers, {asked.rows:,} rows")
    print(
        f"{'':<32}{'saves':>7}{'p50 ms':>9}{'p99 ms':>9}{'worst':>9}"
        f"{'p99 ratio':>11}{'import s':>10}"
    )
    floor = 0.0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "contacts.csv"
        write_file(path, asked.rows)
        for case in CASES:
            waited, spent = measured(case, asked.savers, path, asked.seconds)
            cuts = quantiles(waited, n=100)
            floor = floor or cuts[98]
            print(
                f"{case.name:<32}{len(waited):>7}{cuts[49] * 1e3:>9.1f}{cuts[98] * 1e3:>9.1f}"
                f"{max(waited) * 1e3:>9.0f}{cuts[98] / floor:>10.1f}x{spent:>10.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
