"""Importing a plugin of somebody else's: once, in time, and whatever it raises."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmkit.core.asking import declared
from crmkit.core.contribution import Contribution
from crmkit.core.errors import Fault, brief, raised
from crmkit.core.pointing import place_of

if TYPE_CHECKING:
    from crmkit.core.host import Source

PATIENCE = 5.0
"""Seconds that the import of a third party's plugin may take."""
_POINTED = (".py", ".toml")
"""Files whose line at fault is looked for."""
_failed: dict[tuple[str, str], tuple[object, Fault]] = {}
"""What could not be imported, and what its files were like then; it is not tried again."""


def asked(source: Source) -> Contribution:
    """Return what a third party's plugin declares; Fault says why not, with file and line.

    What fails is not tried again in this process before its files are changed.
    """
    key, stamp = (source.name, source.path), source.stamp() if source.stamp else None
    before = _failed.get(key)
    if before is not None and before[0] == stamp:
        raise before[1].with_traceback(None)
    try:
        return _in_time(source)
    except Fault as fault:
        if stamp is not None:
            _failed[key] = (stamp, fault)
        raise


def _in_time(source: Source) -> Contribution:
    """Ask a plugin, but do not wait for ever; its exit or interrupt is no exit of the program's."""
    answers: list[Contribution | BaseException] = []

    def ask() -> None:
        try:
            answers.append(declared(source.load(), source.name))
        except BaseException as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name=f"plugin {source.name}", daemon=True)
    with _lent():
        thread.start()
        thread.join(PATIENCE)
    if not answers:
        raise Fault(placed(f"it was not imported within {PATIENCE} seconds", source.path))
    if isinstance(answers[0], BaseException):
        raise Fault(_blame(answers[0], source.path)) from answers[0]
    return answers[0]


class _Lent:
    """A stream of the program's, with which a plugin may do everything but close it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._stream)

    def close(self) -> None:
        """Refuse: everything that the program says goes through it."""
        raise RuntimeError("it closes what the program reads from or writes to")

    detach = close


@contextmanager
def _lent() -> Iterator[None]:
    """Lend the standard streams to a plugin, and take them back whatever it did with them.

    What it prints goes to standard error: output is the program's.
    """
    own = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = (s and _Lent(s) for s in (own[0], own[2], own[2]))
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = own


def _blame(error: BaseException, path: str) -> str:
    """Return what was raised, and where in the plugin's own files."""
    if isinstance(error, Fault):
        return placed(brief(str(error)), path)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{raised(error)} ({error.filename}:{error.lineno})"
    own = [f for f in traceback.extract_tb(error.__traceback__) if _is_own(f.filename, path)]
    if not own:
        return placed(raised(error), path)
    return f"{raised(error)} ({own[-1].filename}:{own[-1].lineno})"


def _is_own(file: str, path: str) -> bool:
    start = Path(path)
    return file == path or (start.name == "__init__.py" and start.parent in Path(file).parents)


def placed(why: str, path: str) -> str:
    """Return what is wrong with a plugin, with the place in its source that it speaks of."""
    if not path or str(Path(path).parent) in why:
        return why
    return f"{why} ({place_of(path, why) if path.endswith(_POINTED) else path})"
