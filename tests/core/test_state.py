"""What windows keep for their users: each its own draft."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from crmkit.core import state


def test_a_draft_of_an_open_window_is_its_own(tmp_path: Path) -> None:
    """Another window leaves it alone, and takes it over once that has ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        name = f"draft-{other.pid}.json"
        state.write(tmp_path, name, {"entity": "lead"})
        assert state.left_draft(tmp_path) == {}
        assert (tmp_path / name).exists()
        other.communicate(b"\n")
    assert state.left_draft(tmp_path) == {"entity": "lead"}
    assert [p.name for p in tmp_path.iterdir()] == [f"draft-{os.getpid()}.json"]
    state.forget(tmp_path, state.DRAFT)
    assert state.left_draft(tmp_path) == {}
