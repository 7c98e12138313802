"""The bridge to the data: every call of the Session runs on one worker thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from textual.app import App

from crmkit.core.errors import CrmError, Fault

T = TypeVar("T")


class Bridge:
    """Runs work off the event loop, one piece after the other, and brings back the answer."""

    def __init__(self, app: App[Any], failed: Callable[[CrmError], None]) -> None:
        self._app = app
        self._failed = failed
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crmkit-data")

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Run `work` on the worker, then `then` (or `failed`) on the event loop."""

        def done(future: Future[T]) -> None:
            if future.cancelled():
                return
            error = future.exception()
            if error is not None:
                told = error if isinstance(error, CrmError) else _fault(error)
                self._bring(failed or self._failed, told)
            elif then is not None:
                self._bring(then, future.result())

        try:
            self._pool.submit(work).add_done_callback(done)
        except RuntimeError:  # the app is ending
            return

    def run_aside(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[CrmError], None]
    ) -> None:
        """Run what takes long on a thread of its own, which ends with the program."""

        def run() -> None:
            try:
                answer = work()
            except Exception as error:
                told = error if isinstance(error, CrmError) else _fault(error)
                self._bring(failed, told)
            else:
                self._bring(then, answer)

        Thread(target=run, name="crmkit-aside", daemon=True).start()

    def _bring(self, then: Callable[[Any], None], answer: Any) -> None:
        with suppress(RuntimeError):  # the app is ending
            self._app.call_later(self._arrive, then, answer)

    def _arrive(self, then: Callable[[Any], None], answer: Any) -> None:
        """Hand an answer over, unless the screens it is for are being taken down."""
        if self._app.is_running:
            then(answer)

    def close(self) -> None:
        """Take no more work; what is under way is finished."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _fault(error: BaseException) -> Fault:
    return Fault(f"something went wrong: {type(error).__name__}: {error}")
