"""What a Session costs beside hand-written sqlite3, in one run: `python bench/store_ratios.py`.

Times travel badly between machines, ratios well: each line gives the time of plain sqlite3, ours,
their ratio and the goal. The plain save writes the row with a version check and one audit row,
durably; it keeps no search index, no board sums, no hash chain and asks no policy.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.host import load, module_source
from crmkit.core.session import Session
from crmkit.plugins import BUILT_IN
from crmkit.sql.store import open_store

STATES = ("NOT_CONTACTED", "CONTACTED", "QUALIFIED", "LOST")
AT_ONCE = 20_000


def filled(folder: Path, records: int) -> Session:
    """Return a session on a new database with that many leads."""
    model = load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model
    store = open_store(f"sqlite:///{folder / 'bench.db'}", model)
    store.create()
    crm = Crm(model, store, Config())
    crm.add_first_user("bench")
    session = crm.session("bench")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for first in range(0, records, AT_ONCE):
        rows = [
            {
                "name": f"Name{n * 7919 % records} Last{n % 5000}",
                "email": f"n{n}@example{n % 97}.com",
                "company": f"Company {n % 1000}",
                "status": STATES[n % 4],
                "next_call": start + timedelta(minutes=n * 31 % records),
                "notes": "Met at the fair; wants an offer.",
                "lost_reason": "Price" if n % 4 == 3 else "",
            }
            for n in range(first, min(records, first + AT_ONCE))
        ]
        with session.transaction("Fill") as unit:
            unit.lenient = True
            unit.add_many("lead", rows)
    return session


def best(run: Callable[[], Any], times: int) -> float:
    """Return the seconds of one run, in the best of five rounds."""
    run()
    rounds = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            run()
        rounds.append((time.perf_counter() - start) / times)
    return min(rounds)


def show(what: str, plain: float, ours: float, goal: str) -> None:
    """Print a line of the table."""
    print(
        f"{what:<34}{plain * 1e6:>10.1f}{ours * 1e6:>10.1f}{ours / plain:>8.2f}x   {goal}",
        flush=True,
    )


def against_plain(session: Session, folder: Path, records: int) -> None:
    """Compare reading and saving with plain sqlite3 on a table of its own."""
    layout = session.store.layout(session.model.entity("lead"))  # type: ignore[attr-defined]
    names = ", ".join(f'"{c.name}"' for c in layout.main.columns)
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute(f"ATTACH '{folder / 'bench.db'}' AS filled")
    plain.execute(f"CREATE TABLE lead (id INTEGER PRIMARY KEY, {names.partition(', ')[2]})")
    plain.execute(f"INSERT INTO main.lead SELECT {names} FROM filled.lead")
    plain.execute("DETACH filled")
    plain.execute("CREATE INDEX by_next_call ON lead (next_call, id)")
    plain.execute("CREATE TABLE audit (id INTEGER PRIMARY KEY, at, who, record, before, after)")
    id = records // 2
    n = 0

    def plain_save() -> None:
        nonlocal n
        n += 1
        plain.execute("BEGIN IMMEDIATE")
        plain.execute(
            "UPDATE lead SET company = ?, version = version + 1 WHERE id = ? AND version = ?",
            (f"C{n}", id, n),
        )
        plain.execute(
            "INSERT INTO audit (at, who, record, before, after) VALUES (?, ?, ?, ?, ?)",
            (n, 1, id, '{"company":"C"}', '{"company":"D"}'),
        )
        plain.execute("COMMIT")

    held = session.get("lead", id)

    def save() -> None:
        nonlocal held, n
        n += 1
        held = session.save(held.evolve(company=f"C{n}"))

    one = f"SELECT {names} FROM lead WHERE id = ?"
    page = f"SELECT {names} FROM lead WHERE next_call IS NOT NULL ORDER BY next_call, id LIMIT 50"
    show("Session.get", best(lambda: plain.execute(one, (id,)).fetchone(), 500),
         best(lambda: session.get("lead", id), 500), "5x")  # fmt: skip
    show("Session.find, 50 records", best(lambda: plain.execute(page).fetchall(), 100),
         best(lambda: session.find("lead", limit=50), 100), "2.5x")  # fmt: skip
    saved = best(plain_save, 100)
    show("Session.save", saved, best(save, 100), "3x")
    plain.close()


def scaling(small: Session, large: Session) -> None:
    """Compare a small database with a large one."""
    cases: dict[str, Callable[[Session], Callable[[], Any]]] = {
        "board opens": lambda s: lambda: s.board("lead"),
        "a column's first page": lambda s: lambda: s.column("lead", "CONTACTED", limit=20),
        "a column scrolls": lambda s: (
            lambda: s.column(
                "lead", "CONTACTED", limit=20, after=s.column("lead", "CONTACTED", limit=20).next
            )
        ),
        "a list's page": lambda s: lambda: s.find("lead", limit=50),
        "search as you type, n": lambda s: lambda: s.search("n"),
        "search as you type, name1": lambda s: lambda: s.search("name1"),
        "count": lambda s: lambda: s.count("lead"),
    }
    for name, case in cases.items():
        show(name, best(case(small), 50), best(case(large), 50), "1.3x")

    def moving(session: Session) -> Callable[[], Any]:
        def move() -> None:
            state = session.get("lead", 2).get(session.model.entity("lead").flow_field())
            session.move("lead", 2, "CONTACTED" if state != "CONTACTED" else "QUALIFIED")

        return move

    show("a card moves", best(moving(small), 50), best(moving(large), 50), "1.3x")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    records = parser.parse_args().records
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        start = time.perf_counter()
        large = filled(Path(one), records)
        spent = time.perf_counter() - start
        print(f"{records:,} leads added through a session: {records / spent:,.0f} a second\n")
        print(f"{'microseconds':<34}{'sqlite3':>10}{'ours':>10}{'ratio':>9}   goal")
        against_plain(large, Path(one), records)
        small = filled(Path(other), 1000)
        print(f"\n{'microseconds':<34}{'1,000':>10}{f'{records:,}':>10}{'ratio':>9}   goal")
        scaling(small, large)
        for session in (small, large):
            session.store.close()


if __name__ == "__main__":
    main()
