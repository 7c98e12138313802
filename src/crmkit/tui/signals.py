"""The end of a session from outside: hang-up, termination, a terminal that is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from typing import Any

from textual.app import App

from crmkit.server.wire import MODES_OFF

EXIT_CODES = {signal.SIGHUP: 129, signal.SIGTERM: 143}

PATIENCE = 2.0
"""Seconds that the app has to end by itself before it is ended."""


def install(app: App[Any], on_hangup: Callable[[], None]) -> None:
    """End the app on SIGHUP, on SIGTERM and when its terminal is gone.

    What is typed is saved by `on_hangup`, the terminal restored, and an app that cannot end by
    itself is ended. To be called while the app's event loop runs. Stock Textual leaves the
    terminal's modes on, and spins on a lost terminal when SIGHUP is ignored.
    """
    loop = asyncio.get_running_loop()
    ending = threading.Event()

    def end(number: signal.Signals) -> None:
        if ending.is_set():
            return
        ending.set()
        _start_backstop(app, EXIT_CODES[number])
        with contextlib.suppress(Exception):  # nobody is left to be told
            on_hangup()
        app.exit(return_code=EXIT_CODES[number])

    def lost() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(end, signal.SIGHUP)

    for number in EXIT_CODES:
        loop.add_signal_handler(number, end, number)
    stdin = sys.__stdin__
    if not app.is_headless and stdin is not None and stdin.isatty():
        threading.Thread(target=_watch, args=(stdin.fileno(), lost), daemon=True).start()


def _watch(terminal: int, lost: Callable[[], None]) -> None:
    """Wait, without any work, until the terminal hangs up; not every system can tell."""
    poll = select.poll()
    poll.register(terminal, 0)
    with contextlib.suppress(OSError):
        if any(event & select.POLLHUP for _, event in poll.poll()):
            lost()


def _start_backstop(app: App[Any], code: int) -> None:
    """End the process after a while: a thread may be waiting for a terminal or a database."""
    backstop = threading.Timer(PATIENCE, _end_hard, (app, code))
    backstop.daemon = True
    backstop.start()


def _end_hard(app: App[Any], code: int) -> None:
    with contextlib.suppress(Exception):
        os.set_blocking(2, False)
        os.write(2, MODES_OFF)
        if before := getattr(app._driver, "attrs_before", None):
            termios.tcsetattr(0, termios.TCSANOW, before)
    os._exit(code)
