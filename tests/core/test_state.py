"""What windows keep for their users: each its own draft."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crmkit.core import state

KEEP = """
import sys; from pathlib import Path; from crmkit.core import state
state.keep_draft(Path(sys.argv[1]), {"entity": "lead"})
print(flush=True)
input()
"""


def another_window(folder: Path) -> subprocess.Popen[bytes]:
    """Return a window in which something is being typed."""
    made = subprocess.Popen(
        [sys.executable, "-c", KEEP, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert made.stdout
    made.stdout.readline()
    return made


def test_a_draft_of_an_open_window_is_its_own(tmp_path: Path) -> None:
    """Another window leaves it alone, and takes it over once that has ended."""
    with another_window(tmp_path) as other:
        assert state.left_draft(tmp_path) == {}
        assert (tmp_path / f"draft-{other.pid}.json").exists()
        other.kill()
    assert state.left_draft(tmp_path) == {"entity": "lead"}
    assert [p.name for p in tmp_path.glob("*.json")] == [f"draft-{os.getpid()}.json"]
    state.forget_draft(tmp_path)
    assert state.left_draft(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_draft_is_offered_though_another_process_has_the_number_of_its_window(
    tmp_path: Path,
) -> None:
    with another_window(tmp_path) as other:
        other.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as somebody:
        for kind in ("json", "open"):
            (tmp_path / f"draft-{other.pid}.{kind}").rename(
                tmp_path / f"draft-{somebody.pid}.{kind}"
            )
        assert state.left_draft(tmp_path) == {"entity": "lead"}
        somebody.communicate(b"\n")
    state.forget_draft(tmp_path)


def test_a_draft_that_was_taken_over_is_the_new_windows_own(tmp_path: Path) -> None:
    with another_window(tmp_path) as other:
        other.kill()
    assert state.left_draft(tmp_path) == {"entity": "lead"}
    look = "import sys; from pathlib import Path; from crmkit.core import state; "
    look += "print(state.left_draft(Path(sys.argv[1])))"
    command = [sys.executable, "-c", look, str(tmp_path)]
    assert subprocess.check_output(command, text=True) == "{}\n"
    state.forget_draft(tmp_path)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a": "' + "x" * (2 << 20) + '"}', "\ud800", "7"])
def test_what_no_window_has_written_is_nothing(tmp_path: Path, text: str) -> None:
    """Whoever is in a session may write into the folder what he likes."""
    (tmp_path / state.PLACE).write_text(text, encoding="utf-8", errors="surrogatepass")
    assert state.read(tmp_path, state.PLACE) == {}
