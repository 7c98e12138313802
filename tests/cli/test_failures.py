"""Whatever goes wrong is one line on standard error and an exit code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from crmkit.cli.failures import guarded
from crmkit.core.errors import Conflict, Denied, Fault, Invalid, NotFound, Refused, Usage


def failing(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Fault("x"), 1),
        (Usage("x"), 2),
        (NotFound("x"), 3),
        (Conflict("x"), 4),
        (Denied("x"), 5),
        (Invalid("x"), 6),
        (Refused("x"), 6),
        (RuntimeError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert guarded(lambda: failing(error)) == code


def test_an_error_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(lambda: failing(NotFound("no lead\n\x1b[31m 'x'")))
    assert capsys.readouterr().err == "crmkit: no lead ␛[31m 'x'\n"


def test_every_problem_of_a_record_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(lambda: failing(Invalid({"phone": "too short", "": "give more"})))
    assert capsys.readouterr().err == "crmkit: phone: too short\ncrmkit: give more\n"


def test_a_bug_shows_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    guarded(lambda: failing(ZeroDivisionError("by zero\nmore")))
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "ZeroDivisionError: by zero" in err
    assert len(err.splitlines()) == 1


def test_debugging_shows_the_traceback_and_keeps_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRMKIT_DEBUG", "1")
    assert guarded(lambda: failing(NotFound("no lead 3"))) == 3
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("crmkit: no lead 3\n")


def test_a_closed_pipe_is_silent() -> None:
    program = (
        "import sys; from crmkit.cli.failures import guarded; from crmkit.cli.output import write\n"
        "def run():\n"
        "    for n in range(100000): write('x' * 80)\n"
        "    return 0\n"
        "sys.exit(guarded(run))"
    )
    read, write = os.pipe()
    with os.fdopen(write, "wb") as end:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=end, stderr=subprocess.PIPE
        )
    os.read(read, 10)
    os.close(read)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")
