"""Thirty people over a real sshd, and an import beside them: `python bench/sshd.py` (as root).

Each person has a key, a login and a terminal; browses, moves cards, searches, edits a lead of his
own, and raises a figure that all share by one. A save counts from the key to the word on the
screen. Afterwards the shared figure must be as high as there were saves of it that were told to
have landed. The control raises another figure without saying which version it saw.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

from attrs import define, field

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from serve import ROWS, family, memory, together
from sharing import write_file
from terminal_ratios import OURS, PLAIN, demo
from tests.acceptance import machine, sshds
from tests.acceptance.terminal import PATIENCE, Terminal, encode

from crmkit.core.fields import Item
from crmkit.core.keys import ENTITY, read_key

SHARED, CONTROL = "Shared figure", "Control figure"
TABS = 5
"""From the first field of an account's form to the number of its employees."""


@define
class Person:
    """Somebody at work in a terminal."""

    terminal: Terminal
    lead: int
    chance: random.Random
    think: float
    raised: int = 0
    refused: int = 0
    acts: int = 0
    saves: list[float] = field(factory=list)
    failed: str = ""

    def work(self, stop: threading.Event) -> None:
        """Do one thing after the other."""
        acts: list[Callable[[], None]] = [
            self.browse, self.browse, self.search, self.move, self.edit, self.raise_figure,
        ]  # fmt: skip
        try:
            while not stop.is_set():
                self.chance.choice(acts)()
                self.acts += 1
                self.rest(self.chance.expovariate(1 / self.think), stop)
        except Exception as error:
            self.failed = f"{type(error).__name__}: {error}"[:2000]

    def rest(self, seconds: float, stop: threading.Event) -> None:
        """Look at the screen for a while: what others do shows on it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stop.is_set():
            self.terminal._read(0.1)

    def browse(self) -> None:
        """Go down the leads, and back to the board."""
        self.terminal.press("g", "l")
        self.terminal.wait("Leads [")
        for _ in range(5):
            self.terminal.press("j")

    def search(self) -> None:
        """Search as one types."""
        self.terminal.press("g", "s")
        self.terminal.wait("type to search")
        self.terminal.type(f"lead {self.lead}")
        self.terminal.wait(f"Lead {self.lead}")
        self.terminal.press("escape")

    def move(self) -> None:
        """Move one's own lead to another state, and back with undo."""
        self.open(f"lead {self.lead}")
        self.terminal.press("m")
        self.terminal.wait("Move to")
        self.landed("2", "→ CONTACTED", "already")
        self.terminal.press("u")
        self.terminal.wait_any("undone", "nothing")

    def edit(self) -> None:
        """Change one's own lead."""
        self.open(f"lead {self.lead}")
        self.terminal.press("e")
        self.terminal.wait("Edit Lead")
        self.terminal.press("tab", "end", "ctrl+u")
        self.terminal.type(f"Firm {self.acts}")
        self.landed("ctrl+s", "saved Lead")

    def raise_figure(self) -> None:
        """Raise the figure that all share by one, unless somebody else was first."""
        self.open("account 1")
        self.terminal.press("e")
        self.terminal.wait(f"Edit {SHARED}")
        for _ in range(TABS):
            self.terminal.press("tab")
        line = next(one for one in self.terminal.lines if "Employees" in one)
        number = int(line.split("Employees")[1].split()[0])
        self.terminal.press("end", "ctrl+u")
        self.terminal.type(str(number + 1))
        self.landed("ctrl+s", f"saved {SHARED}", "Somebody else saved first")
        if f"saved {SHARED}" in self.terminal.text():
            self.raised += 1
            return
        self.refused += 1
        self.terminal.press("escape")
        self.terminal.wait("not saved")
        self.terminal.press("escape")
        self.terminal.wait("Save before leaving?")
        self.terminal.press("n")
        self.terminal.wait("What happened")

    def open(self, what: str) -> None:
        """Open a record by the command line."""
        self.terminal.press(":")
        self.terminal.type(what)
        self.terminal.press("enter")
        self.terminal.wait("What happened")

    def landed(self, key: str, *words: str) -> None:
        """Press what saves, and time it until it is said to have landed."""
        start = time.perf_counter()
        os.write(self.terminal._fd, encode(key))
        while not any(word in self.terminal.text() for word in words):
            if time.perf_counter() - start > PATIENCE:
                raise AssertionError(f"none is there of {words}\n{self.terminal.text()}")
            self.terminal._read(0.02)
        self.saves.append(time.perf_counter() - start)
        self.terminal.settle()


def invite(here: sshds.Site, people: int) -> None:
    """Give everybody a login, a key and a lead; make the figures."""
    crm = here.crm()
    session = crm.session("ada")
    with session.transaction() as unit:
        for name in (SHARED, CONTROL):
            unit.add("account", name=name, employees=0)
        for n in range(people):
            keys = here.place / "keys" / f"p{n}"
            sshds.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys)
            key = read_key(keys.with_suffix(".pub").read_text())
            user = unit.add("user", name=f"p{n}", roles=(Item("crm_manager"),))
            unit.add(ENTITY, user=user.id, kind=key.kind, body=key.body,
                     fingerprint=key.fingerprint)  # fmt: skip
            unit.add("lead", name=f"Lead {n + 2}", email=f"p{n}@example.com", owner=user.id)
    crm.store.close()


def control(here: sshds.Site, people: int, each: int) -> int:
    """Raise the control figure from several clients at once; return how many saves landed."""

    def raised(n: int) -> int:
        done = 0
        for _ in range(each):
            shown = here.ours.send("account show 2 --format json", key=f"p{n}").stdout
            number = json.loads(shown)["employees"]
            said = here.ours.send(f"account set 2 employees={number + 1}", key=f"p{n}")
            done += said.returncode == 0
        return done

    with ThreadPoolExecutor(people) as pool:
        return sum(pool.map(raised, range(people)))


def employees(here: sshds.Site, name: str) -> int:
    """Return a figure as it is stored."""
    crm = here.crm()
    (account,) = crm.session("ada").find("account", f'name="{name}"').records
    crm.store.close()
    return int(account.employees or 0)  # type: ignore[attr-defined]


def size(here: sshds.Site, people: int) -> float:
    """Return the MiB a session takes: the house and its sessions, and what holds each terminal."""
    bringing = machine.processes(here.ours.login, "crmkit")
    return memory([*family(here.house.pid), *bringing]) / people


def bring(here: sshds.Site, rows: int, batch: int) -> tuple[float, str]:
    """Import contacts over the door; return the seconds and what was said."""
    path = here.place / "contacts.csv"
    write_file(path, rows)
    start = time.perf_counter()
    with path.open("rb") as given:
        done = subprocess.run(
            [*here.ours.ssh(key="ben"), "--", f"contact import - --batch {batch}"
             " --create-missing account"],
            stdin=given, capture_output=True, check=False,
        )  # fmt: skip
    said = (done.stdout + done.stderr).decode().strip()
    if done.returncode:
        raise SystemExit(f"the import failed: {said}")
    return time.perf_counter() - start, said.splitlines()[-1] if said else ""


def at_work(here: sshds.Site, asked: argparse.Namespace) -> tuple[list[Person], float, float, str]:
    """Let everybody work while the file is imported; return them, MiB, seconds, what was said."""
    stop = threading.Event()
    people = []
    for n in range(asked.people):
        terminal = Terminal([*here.ours.ssh("-tt", key=f"p{n}")], {}, (100, 30))
        terminal.wait("My day")
        people.append(Person(terminal, n + 2, random.Random(n), asked.think))
    threads = [threading.Thread(target=person.work, args=(stop,)) for person in people]
    for thread in threads:
        thread.start()
    time.sleep(asked.alone)
    taken = size(here, asked.people)
    spent, said = bring(here, asked.rows, asked.batch)
    stop.set()
    for thread in threads:
        thread.join()
    for person in people:
        person.terminal.__exit__(None, None, None)
    return people, taken, spent, said


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--think", type=float, default=15.0, help="seconds between two acts")
    parser.add_argument("--alone", type=float, default=30.0, help="seconds before the import")
    asked = parser.parse_args()
    os.environ["LOGNAME"] = "bench"
    with sshds.site() as here:
        invite(here, asked.people)
        people, taken, spent, said = at_work(here, asked)
        wrong = [person.failed for person in people if person.failed]
        saves = [second for person in people for second in person.saves]
        cuts = quantiles(saves, n=100)
        landed = sum(person.raised for person in people)
        stored = employees(here, SHARED)
        print(f"{asked.people} people, {sum(p.acts for p in people)} acts, {len(wrong)} failed")
        for each in wrong:
            print("FAILED:", each)
        print(f"import of {asked.rows:,} rows: {spent:.0f} s; {said}")
        print(f"save, key to word: p50 {cuts[49] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms,"
              f" worst {max(saves) * 1e3:.0f} ms, n {len(saves)}")  # fmt: skip
        print(f"shared figure: {landed} saves landed, {sum(p.refused for p in people)} refused,"
              f" stored {stored}, lost {landed - stored}")  # fmt: skip
        told = control(here, min(6, asked.people), 5)
        print(f"control: {told} saves landed, lost {told - employees(here, CONTROL)}")
    with tempfile.TemporaryDirectory() as folder:
        env = demo(1_000, Path(folder))
        cold, bare = (together(command, more, 5, *words) for command, more, words in (
            (OURS, env, ROWS), (PLAIN, {}, ("Ready",))))  # fmt: skip
        print(f"PSS a session: {taken:.1f} MiB; cold {cold:.1f}, {taken / cold:.2f}x;"
              f" bare Textual {bare:.1f}, {taken / bare:.2f}x")  # fmt: skip


if __name__ == "__main__":
    main()
