"""The end of a session from outside: hang-up, termination, a terminal that is gone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from textual.app import App

EXIT_CODES = {signal.SIGHUP: 129, signal.SIGTERM: 143}


def install(app: App[Any], on_hangup: Callable[[], None]) -> None:
    """End the app on SIGHUP and SIGTERM: what is typed is saved, the terminal restored.

    To be called while the app's event loop runs. Stock Textual leaves the terminal's modes on,
    and spins when SIGHUP is ignored on a lost terminal.
    """
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        try:
            on_hangup()
        finally:
            app.exit(return_code=EXIT_CODES[number])
            loop.call_later(2.0, os._exit, EXIT_CODES[number])

    for number in EXIT_CODES:
        loop.add_signal_handler(number, end, number)
