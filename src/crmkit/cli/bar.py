"""A progress bar for what takes long."""

from __future__ import annotations

import sys
import time

BAR = 30
BETWEEN = 0.1
"""Seconds between two drawings of the progress bar."""


class Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.last = 0.0

    def draw(self, doing: str, done: int, total: int) -> None:
        """Draw how many rows of how many (0: unknown) are done."""
        now = time.monotonic()
        if not self.shown or (now - self.last < BETWEEN and done != total):
            return
        self.last = now
        filled = "#" * (done * BAR // total) if total else ""
        share = f"[{filled.ljust(BAR)}] {done:,} of {total:,}" if total else f"{done:,}"
        sys.stderr.write(f"\r\x1b[K{doing} {share}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Wipe the bar."""
        if self.shown and self.last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
