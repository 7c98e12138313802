"""What a served session costs beside a cold start: `python bench/serve.py` (as root, for PSS).

The same terminal UI on the same workspace, started as a program of its own, and as a child of
`crmkit serve` that is brought its terminal. Memory is what the kernel calls PSS: a page that k
processes share counts a k-th for each. It is summed over all processes, the house's and those that
only bring the terminal too, and divided by the sessions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from terminal_ratios import OURS, PLAIN, Program, demo

PATIENCE = 10.0
"""Seconds in which a session whose window is closed has to go; a bare Textual app never does."""
FRAME, ROWS = ("is opening",), ("My day", "Overdue (")


def times(command: Sequence[str], env: Mapping[str, str], runs: int) -> tuple[float, float]:
    """Return the median milliseconds until the first frame and until the first rows."""
    found = []
    for _ in range(runs):
        program = Program(command, env)
        found.append((program.until(*FRAME), program.until(*ROWS)))
        program.close()
        time.sleep(0.3)
    return statistics.median(f for f, _ in found), statistics.median(r for _, r in found)


def family(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def memory(pids: Sequence[int]) -> float:
    """Return the MiB that processes take together."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def together(
    command: Sequence[str], env: Mapping[str, str], sessions: int, *texts: str, house: int = 0
) -> float:
    """Return the MiB a session takes while so many are open."""
    open_now = []
    for _ in range(sessions):
        open_now.append(Program(command, env))
        open_now[-1].until(*texts)
        open_now[-1].settle()
    pids = [pid for program in open_now for pid in family(program.process.pid)]
    found = memory([*pids, *(family(house) if house else ())]) / sessions
    for program in open_now:
        program.close()
    time.sleep(1)
    return found


def endings(
    command: Sequence[str], env: Mapping[str, str], runs: int, *texts: str, house: int = 0
) -> list[float]:
    """Return the milliseconds from a closed window until no process of the session is left."""
    found = []
    for _ in range(runs):
        program = Program(command, env)
        program.until(*texts)
        program.settle()
        pids = [*family(program.process.pid), *(family(house)[1:] if house else ())]
        began = time.perf_counter()
        program.hang_up()
        while any(map(runs_still, pids)) and time.perf_counter() - began < PATIENCE:
            time.sleep(0.001)
        found.append((time.perf_counter() - began) * 1e3)
        program.close()
    return found


def runs_still(pid: int) -> bool:
    """Whether a process is there, and does not only wait to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def serving(workspace: str, socket: Path) -> Iterator[int]:
    """Run a house; give its pid."""
    command = [*OURS, "--workspace", workspace, "serve", "--socket", str(socket)]
    house = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not socket.exists():
        time.sleep(0.05)
    try:
        yield house.pid
    finally:
        house.terminate()
        house.wait()


def told(what: str, cold: float, served: float, bare: float) -> None:
    """Print a line of the table."""
    print(f"{what:34} {bare:9.1f} {cold:9.1f} {served:9.1f} {served / cold:8.2f}x")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 30])
    parser.add_argument("--runs", type=int, default=9, help="starts of each")
    options = parser.parse_args()
    os.environ["LOGNAME"] = "bench"
    with tempfile.TemporaryDirectory() as folder:
        env = demo(1_000, Path(folder))
        place = env["CRMKIT_WORKSPACE"]
        config = Path(place) / "crmkit.toml"
        config.write_text(config.read_text() + "\n[server]\nmax_sessions_per_user = 100\n")
        socket = Path(folder) / "house.sock"
        attach = [sys.executable, "-I", "-m", "crmkit.server.attach", "--as", "bench"]
        attach += ["--socket", str(socket)]
        with serving(place, socket) as house:
            print(f"{'':34} {'bare app':>9} {'cold':>9} {'served':>9} {'ratio':>9}")
            times(attach, env, 1)
            bare = Program(PLAIN, {})
            bare_start = bare.until("Ready")
            bare.close()
            cold, served = times(OURS, env, options.runs), times(attach, env, options.runs)
            told("first frame, ms", cold[0], served[0], bare_start)
            told("first rows, ms", cold[1], served[1], bare_start)
            gone = [
                endings(OURS, env, options.runs, *ROWS),
                endings(attach, env, options.runs, *ROWS, house=house),
                endings(PLAIN, {}, 1, "Ready"),
            ]
            told("window closed to gone, ms", *map(statistics.median, gone))
            told("the same, the slowest of all", *map(max, gone))
            for sessions in options.sessions:
                cold_size = together(OURS, env, sessions, *ROWS)
                served_size = together(attach, env, sessions, *ROWS, house=house)
                bare_size = together(PLAIN, {}, sessions, "Ready")
                told(f"a session of {sessions}, MiB PSS", cold_size, served_size, bare_size)


if __name__ == "__main__":
    main()
