"""What went wrong, as one clear line each on standard error, and the exit code of it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crmkit.cli.text import one_line
from crmkit.core.errors import Conflict, CrmError, Invalid

if TYPE_CHECKING:
    from crmkit.core.fields import Field
    from crmkit.core.model import EntityModel
    from crmkit.core.session import Session

INTERRUPTED = 130
PIPE_CLOSED = 141
"""What shells report of a program that a closed pipe ended (128 + SIGPIPE)."""


def guarded(run: Callable[[], int]) -> int:
    """Run, and turn whatever is raised into messages and an exit code."""
    try:
        code = _traced(run)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _forget_output()
        return PIPE_CLOSED
    except (KeyboardInterrupt, EOFError):
        print(file=sys.stderr)
        return INTERRUPTED
    except Told as told:
        return told.exit_code
    except CrmError as error:
        complain(error)
        return error.exit_code
    except Exception as error:
        say_error(f"{_first_line(error)} (CRMKIT_DEBUG=1 shows where)")
        return 1


def _traced(run: Callable[[], int]) -> int:
    """Run, and print the traceback of what is raised where CRMKIT_DEBUG asks for it."""
    try:
        return run()
    except Exception:
        if os.environ.get("CRMKIT_DEBUG", "0") not in ("", "0"):
            traceback.print_exc()
        raise


def complain(error: CrmError) -> None:
    """Print an error: a line for each problem."""
    if isinstance(error, Invalid):
        for key, problem in error.problems.items():
            say_error(f"{key}: {problem}" if key else problem)
        return
    say_error(str(error))


@contextmanager
def say_conflict(session: Session, entity: EntityModel) -> Iterator[None]:
    """Print mine, theirs and base of every field, where somebody saved first."""
    try:
        yield
    except Conflict as conflict:
        complain(conflict)
        for line in _sides(session, session.model.entity(entity.name), conflict):
            print(f"  {one_line(line)}", file=sys.stderr)
        raise Told(conflict.exit_code) from None


class Told(Exception):
    """An error that has been printed; only its exit code is left to be returned."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


def say_error(message: str) -> None:
    """Print one line to standard error, with the program's name before it."""
    print(f"crmkit: {one_line(message)}", file=sys.stderr)


def _sides(session: Session, entity: EntityModel, conflict: Conflict) -> Iterator[str]:
    readable = session.visible_fields(entity.name)
    fields = [f for f in readable if f.key in conflict.mine]
    room = max((len(entity.short(f)) for f in fields), default=0)
    sides = {"mine": conflict.mine, "theirs": conflict.theirs, "base": conflict.base}
    for f in fields:
        texts = [f"{side}: {_shown(session, f, values[f.key])}" for side, values in sides.items()]
        yield f"{entity.short(f).ljust(room)}  {'  '.join(texts)}"


def _shown(session: Session, f: Field, value: Any) -> str:
    return f.format(value, session.locale) or "(empty)"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else ""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _forget_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter's own flush is silent."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return
