"""What importing a CSV file costs beside `sqlite3 .import`: `python bench/import_ratio.py`.

`.import` puts text into one table without keys. Ours reads the file's dialect and encoding,
parses and checks every value, resolves and makes accounts, looks for duplicates, keeps identity
keys, board sums, the search index and the hash-chained journal, in one durable commit.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.host import load, module_source
from crmkit.exchange.importer import ImportOptions, run_import
from crmkit.plugins import BUILT_IN
from crmkit.sql.store import open_store

GOAL = 0.10
COLUMNS = ("first_name", "last_name", "email", "job_title", "department", "notes",
           "phone", "account")  # fmt: skip
CASES = {"names and e-mail": ("phone", "account"), "with accounts": ("phone",), "and phones": ()}


def write_file(path: Path, rows: int) -> None:
    """Write made-up contacts, ten to an account."""
    dice = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for n in range(rows):
            first, last = f"First{dice.randrange(800)}", f"Last{dice.randrange(5000)}son"
            writer.writerow([
                first, last, f"{first}.{last}{n}@example.com".lower(),
                dice.choice(("Partner", "Counsel", "Clerk")), dice.choice(("Tax", "Legal", "")),
                "Met at the conference, likes tea." if n % 3 == 0 else "",
                f"+1650253{dice.randrange(10_000):04}", f"Company {dice.randrange(rows // 10)} LLP",
            ])  # fmt: skip


def plain_import(path: Path, folder: Path) -> float:
    """Return the seconds of the sqlite3 shell's import, or of Python's where there is no shell."""
    database = folder / "plain.db"
    database.unlink(missing_ok=True)
    start = time.perf_counter()
    if shell := shutil.which("sqlite3"):
        subprocess.run([shell, database, ".mode csv", f".import {path} contact"], check=True)
    else:
        with sqlite3.connect(database) as plain, path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            plain.execute(f"CREATE TABLE contact ({', '.join(next(rows))})")
            plain.executemany(f"INSERT INTO contact VALUES ({','.join('?' * len(COLUMNS))})", rows)
    return time.perf_counter() - start


def our_import(path: Path, folder: Path, ignore: tuple[str, ...]) -> float:
    """Return the seconds of an import into a new database."""
    model = load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model
    store = open_store(f"sqlite:///{folder / 'ours.db'}", model)
    store.create()
    crm = Crm(model, store, Config())
    crm.add_first_user("bench")
    options = ImportOptions(create_missing=("account",), ignore=ignore)
    start = time.perf_counter()
    run_import(crm.session("bench"), "contact", path, options)
    spent = time.perf_counter() - start
    store.close()
    return spent


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    print(f"{f'{rows:,} rows, us each':<24}{'.import':>10}{'ours':>10}{'ratio':>9}   goal {GOAL}")
    for name, ignore in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            path = folder / "contacts.csv"
            write_file(path, rows)
            plain = min(plain_import(path, folder) for _ in range(3))
            ours = our_import(path, folder, ignore)
        each = 1e6 / rows
        print(f"{name:<24}{plain * each:>10.1f}{ours * each:>10.1f}{plain / ours:>9.3f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB")


if __name__ == "__main__":
    main()
