"""What the terminal UI costs beside a bare Textual app: `python bench/terminal_ratios.py`.

Each program runs in a pty as over SSH (256 colours). Start is from the spawn to the bytes of a
text; a key, from writing it to the last byte before 50 ms of silence, less that silence.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

QUIET = 0.05
PATIENCE = 60.0
COLUMNS, ROWS = 120, 40
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    lines = 0
    def compose(self):
        yield Static("Ready", id="line")
    def on_key(self, event):
        self.lines += 1
        self.query_one("#line").update(f"Ready {self.lines}")
Bare().run()
"""
_CODES = re.compile(rb"\x1b\[[\d;?<>=]*[A-Za-z]|\x1b[()][AB0]")


class Program:
    """A program in a pty, timed."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._fd, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        terminal = {"TERM": "xterm-256color", "COLORTERM": ""}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, **terminal, **env},
        )  # fmt: skip
        os.close(slave)
        self.output = b""

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        data = os.read(self._fd, 1 << 20) if ready else b""
        self.output += data
        return data

    def until(self, *texts: str) -> float:
        """Return the milliseconds from the spawn until all texts have come."""
        while True:
            self._read(0.5)
            plain = _CODES.sub(b"", self.output)
            if all(text.encode() in plain for text in texts):
                return (time.perf_counter() - self.began) * 1e3
            if time.perf_counter() - self.began > PATIENCE:
                raise TimeoutError(f"{texts} did not come: {plain[-400:]!r}")

    def settle(self) -> None:
        """Wait until nothing comes."""
        while self._read(0.3):
            pass

    def key(self, keys: str) -> tuple[float, int]:
        """Press a key; return the milliseconds to its last byte, and how many bytes came."""
        began = last = time.perf_counter()
        size = 0
        os.write(self._fd, keys.encode())
        while data := self._read(QUIET if size else 2.0):
            size += len(data)
            last = time.perf_counter()
        return (last - began) * 1e3, size

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        if self._fd >= 0:
            os.close(self._fd)

    def hang_up(self) -> None:
        """Close the window: the terminal is gone, the program is not told otherwise."""
        os.close(self._fd)
        self._fd = -1


def demo(records: int, folder: Path) -> dict[str, str]:
    """Return the environment of a made-up firm's workspace."""
    print(f"making up {records:,} records ...", file=sys.stderr)
    done = subprocess.run(
        [sys.executable, "-m", "crmkit", "demo", "--no-tui", "--records", str(records)],
        check=True, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(folder)},
    )  # fmt: skip
    return {"CRMKIT_WORKSPACE": done.stdout.split()[-1]}


def starts(command: Sequence[str], env: Mapping[str, str], runs: int, *texts: str) -> float:
    """Return the median milliseconds until a program shows some texts."""
    times = []
    for _ in range(runs):
        program = Program(command, env)
        times.append(program.until(*texts))
        program.close()
    return statistics.median(times)


def keys(program: Program, pressed: Sequence[str]) -> tuple[float, float]:
    """Return the median milliseconds and bytes of keys."""
    found = [program.key(key) for key in pressed]
    return statistics.median(t for t, _ in found), statistics.median(n for _, n in found)


def told(what: str, value: float, floor: float, goal: float) -> None:
    """Print a ratio with its goal beside it."""
    ratio = value / floor
    print(f"{what:38} {floor:9.1f} {value:9.1f} {ratio:7.2f}x {goal:6.1f}x")


OURS = [sys.executable, "-m", "crmkit"]
PLAIN = [sys.executable, "-c", BARE]


def measure_start(env: Mapping[str, str], runs: int) -> None:
    """First frame and first rows against a bare app's first frame."""
    bare = starts(PLAIN, {}, runs, "Ready")
    told("first frame", starts(OURS, env, runs, "is opening"), bare, 1.4)
    told("rows", starts(OURS, env, runs, "My day", "Overdue ("), bare, 2.0)


def opened(env: Mapping[str, str], *path: str) -> Program:
    """Return the program after some keys."""
    program = Program(OURS, env)
    program.until("My day", "Overdue (")
    program.settle()
    for key in path:
        os.write(program._fd, key.encode())
        program.settle()
    return program


def measure_keys(env: Mapping[str, str]) -> None:
    """Keys on list, board and form against a bare app's repaint of one line."""
    bare = Program(PLAIN, {})
    bare.until("Ready")
    bare.settle()
    floor, _ = keys(bare, "j" * 20)
    bare.close()
    for what, path, pressed in (
        ("cursor key on a list", "gl", "jk" * 10),
        ("cursor key on a board", "gdb", "jk" * 10),
        ("tab in a form", "gle", "\t" * 20),
        ("letter in a form", "gle", "x" * 20),
    ):
        program = opened(env, *path)
        took, size = keys(program, pressed)
        told(what, took, floor, 2.0)
        print(f"{'  its bytes (goal 400)':38} {'':9} {size:9.0f}")
        program.close()


def board_figures(env: Mapping[str, str]) -> list[float]:
    """Return the milliseconds of opening a board, moving a card and scrolling a column."""
    program = opened(env, "g", "d")
    opening = []
    for _ in range(5):
        opening.append(program.key("b")[0])
        program.settle()
        program.key("b")
        program.settle()
    program.key("b")
    program.settle()
    moving = []
    for key in "LHLHLH":
        moving.append(program.key(key)[0])
        program.settle()
    scrolling, _ = keys(program, ["\x06", "\x02"] * 3)
    program.close()
    return [statistics.median(opening), statistics.median(moving), scrolling]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="of the large firm")
    parser.add_argument("--runs", type=int, default=5, help="starts of each program")
    parser.add_argument("--workspace", default="", help="a large firm that is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = demo(1_000, Path(folder))
        large = (
            {"CRMKIT_WORKSPACE": options.workspace}
            if options.workspace
            else demo(options.records, Path(folder))
        )
        print(f"{'milliseconds':38} {'bare app':>9} {'ours':>9} {'ratio':>8} {'goal':>7}")
        measure_start(large, options.runs)
        measure_keys(large)
        heading = f"{options.records:,}"
        print(f"\n{'milliseconds':38} {'1,000':>9} {heading:>9} {'ratio':>8} {'goal':>7}")
        names = ("a board opens", "a card moves", "a column scrolls")
        for name, floor, took in zip(
            names, board_figures(small), board_figures(large), strict=True
        ):
            told(name, took, floor, 1.3)


if __name__ == "__main__":
    main()
