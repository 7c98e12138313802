"""SSH keys: what is taken for one, whose it is, and that revoking ends what is open."""

from __future__ import annotations

import base64
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

from crmkit.app import open_crm
from crmkit.core import presence
from crmkit.core.errors import Invalid
from crmkit.core.keys import read_key
from crmkit.core.presence import Present
from crmkit.core.workspace import open_workspace
from crmkit.server.keys import answer, lines
from tests.cli.conftest import Command

ENTER = "/etc/crmkit/door/enter"


def packed(*parts: bytes) -> str:
    """Return parts as the body of a key."""
    return base64.b64encode(b"".join(struct.pack(">I", len(p)) + p for p in parts)).decode()


def ed25519(seed: int = 1) -> str:
    """Return the line of a key (of nobody)."""
    return f"ssh-ed25519 {packed(b'ssh-ed25519', bytes([seed]) * 32)} somebody@example.com"


RSA = b"\0" + b"\xff" * 256
RIGHT = {
    "ed25519": ed25519(),
    "rsa": "ssh-rsa " + packed(b"ssh-rsa", b"\1\0\1", RSA),
    "ecdsa": "ecdsa-sha2-nistp256 "
    + packed(b"ecdsa-sha2-nistp256", b"nistp256", b"\4" + b"\1" * 64),
    "a token": "sk-ssh-ed25519@openssh.com "
    + packed(b"sk-ssh-ed25519@openssh.com", b"\1" * 32, b"ssh:"),
    "a token with a curve": "sk-ecdsa-sha2-nistp256@openssh.com "
    + packed(b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", b"\4" + b"\1" * 64, b"ssh:"),
    "a file with a remark and an empty line": f"# the laptop\n\n{ed25519()}\n",
}
BODY = ed25519().split()[1]
WRONG = {
    "nothing": "",
    "two keys": f"{ed25519(1)}\n{ed25519(2)}",
    "a second line of options": f'{ed25519()}\ncommand="sh" {ed25519(2)}',
    "options": f'command="sh" {ed25519()}',
    "an option alone": f"no-pty {ed25519()}",
    "an authority": f"cert-authority {ed25519()}",
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----\nxyz\n",
    "dsa": "ssh-dss " + packed(b"ssh-dss", b"\1" * 128),
    "a certificate": "ssh-ed25519-cert-v01@openssh.com "
    + packed(b"ssh-ed25519-cert-v01@openssh.com", b"\1" * 32),
    "no base64": "ssh-ed25519 %%%%",
    "base64 that is cut": f"ssh-ed25519 {BODY[:-4]}",
    "base64 with bits to spare": "ssh-rsa " + RIGHT["rsa"].split()[1][:-3] + "9==",
    "another type within": f"ssh-rsa {BODY}",
    "a byte too many": "ssh-ed25519 " + packed(b"ssh-ed25519", b"\1" * 33),
    "a part too many": "ssh-ed25519 " + packed(b"ssh-ed25519", b"\1" * 32, b"x"),
    "a length that lies": "ssh-ed25519 " + base64.b64encode(b"\xff\xff\xff\xff").decode(),
    "a short rsa key": "ssh-rsa " + packed(b"ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 128),
    "another curve": "ecdsa-sha2-nistp256 "
    + packed(b"ecdsa-sha2-nistp256", b"nistp384", b"\4" + b"\1" * 64),
    "a line without end": f"{ed25519()} {'x' * 5000}",
}  # fmt: skip


@pytest.mark.parametrize("what", RIGHT)
def test_a_key_is_read_whatever_stands_around_it(what: str) -> None:
    key = read_key(RIGHT[what])
    assert key.line in RIGHT[what]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_fingerprint_is_what_ssh_keygen_says(kind: str, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    file = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
    public = file.with_suffix(".pub")
    said = subprocess.run(["ssh-keygen", "-lf", public], capture_output=True, text=True, check=True)
    assert read_key(public.read_text()).fingerprint in said.stdout


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_plain_public_key_is_refused_in_one_line(what: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_key(WRONG[what])
    assert "\n" not in caught.value.problems["key"]


@pytest.fixture
def pub(tmp_path: Path) -> Path:
    """A file with a public key."""
    file = tmp_path / "id.pub"
    file.write_text(ed25519())
    return file


def asked(firm: Path, key: str) -> list[str]:
    """Return the lines that sshd gets for a key."""
    told = answer(open_workspace(firm), {"ask": "keys", "fingerprint": read_key(key).fingerprint})
    return list(lines(told, ENTER))


def test_a_key_lets_its_user_in_with_one_command_and_no_forwarding(
    crm: Command, firm: Path, pub: Path
) -> None:
    assert asked(firm, ed25519()) == []
    said = crm("user", "key", "add", "worker", str(pub))
    assert (said.code, said.out) == (0, "1\n")
    assert read_key(ed25519()).fingerprint in said.err
    fingerprint = read_key(ed25519()).fingerprint
    line = f'restrict,pty,command="{ENTER} --as worker --key {fingerprint}" ssh-ed25519 {BODY}'
    assert asked(firm, ed25519()) == [line]
    assert asked(firm, ed25519(2)) == []
    (row,) = crm("user", "key", "list", "worker", "--format", "json").json
    assert (row["user"], row["comment"]) == ("worker", "somebody@example.com")
    assert crm("user", "key", "list", "boss", "--format", "json").json == []


def test_a_key_is_one_users_alone(crm: Command, pub: Path) -> None:
    crm("user", "key", "add", "worker", str(pub))
    said = crm("user", "key", "add", "boss", str(pub))
    assert (said.code, said.out) == (6, "")
    assert "that of worker already" in said.err


@pytest.mark.parametrize("how", ["active=no", "deleted"])
def test_who_is_switched_off_does_not_come_in(
    crm: Command, firm: Path, pub: Path, how: str
) -> None:
    crm("user", "key", "add", "worker", str(pub))
    assert asked(firm, ed25519())
    if how == "deleted":
        number = next(u["id"] for u in crm("user", "list", "--format", "json").json
                      if u["name"] == "worker")  # fmt: skip
        assert crm("user", "delete", str(number)).code == 0
    else:
        crm("user", "set", "worker", how)
    assert asked(firm, ed25519()) == []
    told = answer(open_workspace(firm), {"ask": "keys", "principals": True})
    assert "worker" not in dict(told["lets_in"])


def test_a_broken_configuration_is_told_in_the_session_and_not_at_the_door(
    crm: Command, firm: Path, pub: Path
) -> None:
    crm("user", "key", "add", "worker", str(pub))
    loaded = open_workspace(firm)
    (firm / "crmkit.toml").write_text("[broken", encoding="utf-8")
    key = read_key(ed25519()).fingerprint
    told = answer(loaded, {"ask": "keys", "fingerprint": key})
    assert [login for login, _ in told["lets_in"]] == ["worker"]


def test_a_revoked_key_lets_nobody_in_and_open_sessions_end(
    crm: Command, firm: Path, pub: Path
) -> None:
    crm("user", "key", "add", "worker", str(pub))
    here = presence.folder(firm)
    now = time.time()
    for pid, user in ((os.getppid(), "worker"), (1, "boss")):
        presence.announce(here, Present(pid=pid, user=user, since=now, active=now))
    said = crm("user", "key", "revoke", "1")
    assert said.code == 0
    assert [path.stem for path in here.glob("*.end")] == [str(os.getppid())]
    assert asked(firm, ed25519()) == []
    assert crm("user", "key", "revoke", "1").code == 3
    assert crm("user", "key", "add", "boss", str(pub)).code == 0


@pytest.mark.parametrize("by", ["worker", "supervisor", "boss", "guest"])
def test_only_an_admin_has_to_do_with_keys(crm: Command, pub: Path, by: str) -> None:
    crm("user", "key", "add", "worker", str(pub))
    assert crm("user", "key", "add", "worker", str(pub), by=by).code == 5
    assert crm("user", "key", "list", by=by).code == 5
    assert crm("user", "key", "revoke", "1", by=by).code in (3, 5)
    assert crm("user", "key", "list").lines


def test_keys_are_in_the_journal(crm: Command, pub: Path) -> None:
    crm("user", "key", "add", "worker", str(pub))
    crm("user", "key", "revoke", "1")
    assert crm("audit", "verify").code == 0
    assert sum(" ssh key SHA256:" in line for line in crm("log").lines) == 2


@pytest.mark.parametrize("login", ["a`id`", "a;id", "a$HOME", "a&b", "o'neil", "-oops", "a\\"])
def test_a_login_that_a_shell_would_read_otherwise_gets_no_key(
    crm: Command, firm: Path, pub: Path, login: str
) -> None:
    crm_open = open_crm(firm)
    made = crm_open.session(crm_open.actor(os.environ.get("LOGNAME", "root"))).add(
        "user", {"name": login}
    )
    crm_open.store.close()
    said = crm("user", "key", "add", str(made.id), str(pub))
    assert said.code == 6
    assert list(lines({"lets_in": [(login, f"ssh-ed25519 {BODY}")]}, ENTER)) == []


@pytest.mark.parametrize("key", ["ssh-ed25519 AAAA\nssh-rsa BBBB", 'x" ssh-ed25519', "", 7])
def test_what_the_house_says_is_printed_only_if_it_is_a_key(key: object) -> None:
    assert list(lines({"lets_in": [("anna", key)]}, ENTER)) == []
