"""While a plugin's code runs: what goes wrong in it is one line with its name and the place."""

from __future__ import annotations

import dis
import functools
import inspect
import logging
import sys
from collections.abc import Iterator
from threading import Lock
from types import CodeType, TracebackType
from typing import Any, Literal, TextIO

from crmkit.core.errors import (
    Conflict,
    CrmError,
    Denied,
    Fault,
    Interrupted,
    Refused,
    brief,
    raised,
)

Lets = Literal["all", "own", "none"]
_OURS = {"crmkit": 3, "crmkit_plugins": 2}
"""Of how many parts the name of a plugin's own module is, by its first part; of one elsewhere."""
_log = logging.getLogger("crmkit.plugins")
_logged: set[tuple[str, str, str]] = set()


class Broken(Fault):
    """A plugin's code failed: `owner` is the plugin, `what` failed, `at` is the file and line."""

    def __init__(self, message: str, owner: str, what: str = "", at: str = "") -> None:
        super().__init__(message)
        self.owner, self.what, self.at = owner, what, at


class blaming:
    """A context in which a plugin's code runs: an accident in it is a Broken that says whose it is.

    The sentence names what failed, the plugin, the file and the line, and how to switch it off.
    `code` is the plugin's function, or its module's name. What it prints goes to standard error.
    `lets` says which errors are for users as they are: `all`, of what acts for them, such as a
    command; what the plugin's `own` code raises, of rules: what the program raised when a rule
    called it is the rule's mistake; `none`, of what nobody waits for.
    """

    def __init__(self, owner: str, what: str, code: Any = None, *, lets: Lets = "own") -> None:
        self.owner, self.what, self.code, self.lets = owner, what, code, lets

    def __enter__(self) -> None:
        aside.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        aside.__exit__()
        if error is None or self._passes(error):
            return
        raise self._blamed(error) from error

    def _passes(self, error: BaseException) -> bool:
        if isinstance(error, CrmError):
            if isinstance(error, Interrupted) or self.lets == "all":
                return True
            if self.lets == "none":
                return False
            late = isinstance(error, Conflict) and error.record is None
            return late or isinstance(error, Fault) or _raised_by(error, self.code)
        return isinstance(error, GeneratorExit) or _ctrl_c(error)

    def _blamed(self, error: BaseException) -> CrmError:
        name = f"{self.what} of plugin {self.owner}"
        if isinstance(error, Broken):
            return Broken(f"{name} failed: {error}", self.owner)
        said = brief(str(error)) if isinstance(error, CrmError) else raised(error)
        place = place_in(error, self.code)
        at = f" ({place})" if place else ""
        if self.lets == "own" and isinstance(error, Denied):
            return Denied(f"{name}: {said}{at}", grant=error.grant)
        if self.lets == "own" and isinstance(error, Refused):
            return Refused(f"{name}: {said}{at}")
        off = f"to switch it off: crmkit plugin disable {self.owner}"
        return Broken(f"{name} failed: {said}{at}; {off}", self.owner, self.what, place)


def sentence(answer: Any) -> str:
    """Return what a rule answered to say no, '' for yes; TypeError for what is no sentence."""
    if not answer:
        return ""
    if not isinstance(answer, str):
        raise TypeError(f"it answered {answer!r:.60}, which is no sentence")
    return answer


def mark(error: Broken) -> str:
    """Return what stands where a plugin failed to show something; the log says why, once."""
    once = (error.owner, error.what, error.at)
    if once not in _logged:
        _logged.add(once)
        _log.warning("%s", error)
    return f"{error.owner}!"


def called(code: Any) -> str:
    """Return what a plugin's function is called."""
    return str(getattr(_bare(code), "__name__", "") or type(code).__name__)


def place_in(error: BaseException, code: Any = None) -> str:
    """Return FILE:LINE, the last of the plugin's own on the way to an error; '' if none is known.

    It is where the plugin's function begins, where the error is in how it is called or answers.
    """
    own = _own(code)
    lines = [
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in _frames(error)
        if own and _is_of(frame.f_globals.get("__name__", ""), own)
    ]
    if lines:
        return lines[-1]
    return start(code)


def start(code: Any) -> str:
    """Return FILE:LINE where a plugin's function begins; '' if it is none of Python's."""
    made = getattr(_bare(code), "__code__", None)
    return f"{made.co_filename}:{made.co_firstlineno}" if isinstance(made, CodeType) else ""


def _bare(code: Any) -> Any:
    """Return the function behind a partial, a method, a wrapper or an object that is called."""
    while isinstance(code, functools.partial):
        code = code.func
    if callable(code) and not inspect.isroutine(code) and not inspect.isclass(code):
        code = type(code).__call__
    return inspect.unwrap(getattr(code, "__func__", code)) if callable(code) else code


def _own(code: Any) -> str:
    """Return the name of the module, or the package, that is the whole plugin of a function."""
    name = code if isinstance(code, str) else getattr(_bare(code), "__module__", "")
    parts = str(name or "").split(".")
    return ".".join(parts[: _OURS.get(parts[0], 1)])


def _is_of(module: str, own: str) -> bool:
    return module == own or module.startswith(f"{own}.")


def _frames(error: BaseException) -> Iterator[tuple[Any, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _raised_by(error: BaseException, code: Any) -> bool:
    """Whether the plugin itself raised an error, and not what it called."""
    frames = list(_frames(error))
    own = _own(code)
    return bool(frames and own and _is_of(frames[-1][0].f_globals.get("__name__", ""), own))


def _ctrl_c(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl+C: then no line of code raised the KeyboardInterrupt."""
    trace = error.__traceback__
    if not isinstance(error, KeyboardInterrupt) or trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_code[trace.tb_lasti] != dis.opmap["RAISE_VARARGS"]


class _Aside:
    """While anybody is in it, what is printed goes to standard error: output is the program's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._out: TextIO | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._out, sys.stdout = sys.stdout, sys.stderr

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._out is not None:
                sys.stdout, self._out = self._out, None


aside = _Aside()
