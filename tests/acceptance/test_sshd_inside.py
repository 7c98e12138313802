"""From inside a session over a real sshd: a plugin turned bad gets no further than its data."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.probe import DONE
from tests.acceptance.sshds import Site, Way, compare, needs_sshd

pytestmark = needs_sshd

Target = Callable[[Site, Path, subprocess.Popen[bytes]], object]


def _listener(tmp: Path) -> Path:
    place = tmp / "listens"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(place))
        LISTENING.append(line.dup())
    return place


LISTENING: list[socket.socket] = []


TARGETS: dict[str, tuple[str, Target]] = {
    "os.system": ("shell", lambda here, tmp, other: tmp / "made"),
    "subprocess": ("program", lambda here, tmp, other: ""),
    "pty.spawn": ("terminal", lambda here, tmp, other: ""),
    "an inet socket": ("connect", lambda here, tmp, other: here.banner),
    "ptrace": ("trace", lambda here, tmp, other: other.pid),
    "a file outside that is read": ("read", lambda here, tmp, other: here.place / "secret"),
    "a file outside that is written": ("write", lambda here, tmp, other: tmp / "written"),
    "a limit of another process": ("limit", lambda here, tmp, other: other.pid),
    "a setuid program": ("setuid", lambda here, tmp, other: here.firm / "state" / tmp.name),
    "a datagram with a file": ("hand over", lambda here, tmp, other: _listener(tmp)),
    "a plugin that is planted": ("plant", lambda here, tmp, other: here.firm / "plugins/bad.py"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_gets_out_of_a_session(name: str, here: Site, tmp_path: Path) -> None:
    what, target = TARGETS[name]

    def tried(here: Site, way: Way, tmp: Path) -> bool:
        with subprocess.Popen(["sleep", "60"]) as other:
            try:
                aim = target(here, tmp, other)
                words = f"lead probe 1 --what '{what}'" + (f" --target '{aim}'" if aim else "")
                if way is here.weak:
                    program = f"{sys.executable} -m crmkit --workspace {here.firm} --as ada"
                    said = here.as_root().send(f"{program} {words}")
                else:
                    said = way.send(words)
                    assert b"refused" in said.stdout + said.stderr, said
            finally:
                other.kill()
        (here.firm / "plugins/bad.py").unlink(missing_ok=True)
        return DONE.encode() in said.stdout + said.stderr

    compare(tried, here, tmp_path)
