"""What OpenSSH needs to let people in: the files that `crmkit ssh setup` writes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from string import Template

from attrs import field, frozen

from crmkit.core.errors import Fault, Usage

PLACE, SSHD, SUDOERS = (
    "/etc/crmkit/door", "/etc/ssh/sshd_config.d/10-crmkit.conf", "/etc/sudoers.d/crmkit"
)  # fmt: skip
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_PATH = re.compile(r"/[A-Za-z0-9_+/-][A-Za-z0-9._+/-]*")
_UNUSED = "UnusedConnectionTimeout"
"""Ends connections in which nobody has a session; OpenSSH has it from 9.2."""
_TEMPLATES = Path(__file__).parent / "door"


def _account(given: object, attribute: object, name: str) -> None:
    if not _ACCOUNT.fullmatch(name):
        raise Usage(f"{name!r} is no name of an account: letters a to z, digits, - and _")


def _path(given: object, attribute: object, path: str) -> None:
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise Usage(f"{path!r} must be a whole path of letters, digits and . _ + - only")


@frozen
class Door:
    """Which accounts there are, and where things lie. Usage for names that files cannot hold."""

    account: str = field(default="crm", validator=_account)
    """The account that the data belongs to, and that the house runs as."""
    door: str = field(default="crm-door", validator=_account)
    """The account that people come in as; it owns nothing."""
    staff: str = field(default="crm-staff", validator=_account)
    """The group of local accounts that may come in through sudo."""
    socket: str = field(default="/run/crmkit/house.sock", validator=_path)
    python: str = field(default="/opt/crmkit/bin/python", validator=_path)
    place: str = field(default=PLACE, validator=_path)
    sshd: str = field(default=SSHD, validator=_path)
    sudoers: str = field(default=SUDOERS, validator=_path)

    def files(self) -> Iterator[tuple[Path, int, str]]:
        """Yield each file: where, its mode, and what is in it. Scripts come before their users."""
        names = {
            "account": self.account, "door": self.door, "staff": self.staff, "place": self.place,
            "socket": self.socket, "python": self.python,
            "unused": f"    {_UNUSED} 60\n" if _sshd_knows(_UNUSED) else "",
        }  # fmt: skip
        place = Path(self.place)
        for path, mode, template in (
            (place / "enter", 0o755, "enter"),
            (place / "keys", 0o755, "keys"),
            (place / "crmkit-session", 0o755, "crmkit-session"),
            (Path(self.sshd), 0o644, "sshd.conf"),
            (Path(self.sudoers), 0o440, "sudoers"),
        ):
            text = (_TEMPLATES / template).read_text(encoding="ascii")
            yield path, mode, Template(text).substitute(names)


def write(door: Door) -> list[str]:
    """Write the files, root's own; return what was done, a line each. Fault leaves them away.

    What sshd or sudo would not take is taken back, so that neither is ever left broken.
    """
    if os.geteuid() != 0:
        raise Fault("only root can write what sshd believes; --print shows what it would be")
    done = []
    for path, mode, text in door.files():
        if str(path) == door.sudoers and shutil.which("visudo") is None:
            done.append(f"left out {path}: sudo is not installed")
            continue
        demand_safe(path.parent)
        before = path.read_bytes() if path.exists() else None
        _put(path, mode, text.encode())
        if why := _doubt(door, path):
            if before is None:
                path.unlink()
            else:
                _put(path, mode, before)
            raise Fault(f"{path} was not written: {why}")
        done.append(f"wrote {path}")
    return done


def demand_safe(folder: Path) -> None:
    """Make a folder, if need be; Fault unless root alone may change it and all above it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    for place in (folder, *folder.parents):
        if why := unsafe(place):
            raise Fault(why)


def unsafe(place: Path) -> str:
    """Return why sshd would not believe what lies here; '' where it would."""
    found = place.stat()
    if found.st_uid != 0:
        return f"{place} must belong to root: chown root {place}"
    return f"others may write {place}: chmod go-w {place}" if found.st_mode & 0o022 else ""


def _put(path: Path, mode: int, data: bytes) -> None:
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chown(made, 0, 0)
        os.chmod(made, mode)
        os.replace(made, path)
    except OSError as error:
        os.unlink(made)
        raise Fault(f"{path} cannot be written: {error.strerror}") from None


def _sshd() -> str:
    return shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or ""


def _sshd_knows(option: str) -> bool:
    """Whether the sshd of this machine has an option that takes seconds."""
    sshd = _sshd()
    if not sshd:
        return False
    said = _said(sshd, "-t", "-f", os.devnull, "-o", f"{option}=60")
    return "onfiguration option" not in said


def _doubt(door: Door, path: Path) -> str:
    """Return what sshd or sudo has against their file; '' where they take it."""
    if str(path) == door.sudoers:
        return _said("visudo", "-cf", str(path))
    sshd = _sshd()
    if str(path) == door.sshd and sshd and door.sshd.startswith("/etc/ssh/"):
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        return _said(sshd, "-t")
    return ""


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr + done.stdout).strip().replace("\n", "; ") if done.returncode else ""
