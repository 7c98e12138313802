"""What sshd asks: `python -I -m crmkit.server.keys --enter COMMAND FINGERPRINT | --principals`.

It asks the house over its socket, and prints lines of `authorized_keys`, each of which leads to
one command in one user's name; or such lines for certificates, by the names in them.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import time

from crmkit.core.logins import SAFE_LOGIN
from crmkit.server import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from crmkit.core.workspace import Workspace

USAGE = (
    "use: python -I -m crmkit.server.keys --enter COMMAND [--socket PATH] "
    "FINGERPRINT | --principals"
)
PRINCIPALS = "--principals"
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_PATH = re.compile(r"/[A-Za-z0-9._/+-]*")
_KEY = re.compile(r"[a-z0-9@.-]{3,60} [A-Za-z0-9+/]{16,4096}={0,2}")
_MOST = 10_000
PATIENCE = 60.0
"""Seconds to wait for an answer. sshd says of any other that the key is not known, which sends
people to their administrator; half of what it grants for a login (LoginGraceTime) is time enough.
"""
_PAUSE = 0.2


def main() -> int:
    """Print what sshd may take; nothing for a key that nobody has. Return the exit code."""
    *given, what = sys.argv[1:] or [""]
    found = {given[i]: given[i + 1] for i in range(0, len(given) - 1, 2)}
    enter = found.get("--enter", "")
    wrong = len(given) % 2 or found.keys() - {"--enter", "--socket"} or not _PATH.fullmatch(enter)
    if wrong or not (what == PRINCIPALS or FINGERPRINT.fullmatch(what)):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        told = _told(
            found.get("--socket", wire.HOUSE), {"ask": "keys", "principals": what == PRINCIPALS}
            | ({} if what == PRINCIPALS else {"fingerprint": what}),
        )  # fmt: skip
    except OSError as error:
        print(f"crmkit: the server does not answer: {error.strerror or error}", file=sys.stderr)
        return wire.UNAVAILABLE
    if "say" in told:
        print(f"crmkit: {told['say']}", file=sys.stderr)
        return int(told.get("exit", 1))
    for line in lines(told, enter):
        print(line)
    return 0


def _told(socket: str, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask; where too many are asking at once, ask again."""
    end = time.monotonic() + PATIENCE
    while True:
        told = wire.ask(socket, question, PATIENCE)
        if told.get("exit") != wire.TRY_LATER or time.monotonic() > end:
            return told
        time.sleep(_PAUSE)


def lines(told: Mapping[str, Any], enter: str) -> Iterator[str]:
    """Yield the lines; whatever in the answer could mean more than it should is left out."""
    for login, key in told.get("lets_in", ()):
        known = isinstance(login, str) and SAFE_LOGIN.fullmatch(login)
        if known and isinstance(key, str) and (key == login or _KEY.fullmatch(key)):
            who = f"--as {login}" if key == login else f"--as {login} --key {_fingerprint(key)}"
            yield f'restrict,pty,command="{enter} {who}" {key}'


def _fingerprint(key: str) -> str:
    """Return the fingerprint of a key: with it, the session sees whether it was revoked since."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def answer(workspace: Workspace, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return who comes in, in the house: pairs of a login and a key, or twice the login.

    The workspace is as the house has read it: a configuration that is broken since is told in the
    session, which sshd would never open for a key that nobody answers for.
    """
    from crmkit.app import open_crm
    from crmkit.core.crm import SYSTEM

    crm = open_crm(workspace)
    try:
        session = crm.session(SYSTEM, "ssh")
        if question.get("principals") is True:
            found = session.find("user", "active:yes", sort="name", limit=_MOST)
            return {"lets_in": [(u.name, u.name) for u in found]}  # type: ignore[attr-defined]
        return {"lets_in": _of_key(crm, session, question.get("fingerprint"))}
    finally:
        crm.store.close()


def _of_key(crm: Any, session: Any, fingerprint: object) -> list[tuple[str, str]]:
    from crmkit.core.errors import CrmError
    from crmkit.core.keys import ENTITY, PublicKey

    if not isinstance(fingerprint, str) or not FINGERPRINT.fullmatch(fingerprint):
        return []
    found = list(session.find(ENTITY, f'fingerprint="{fingerprint}"', limit=2))
    if len(found) != 1:  # a key of two users would be nobody's
        return []
    try:
        name = session.get("user", found[0].user).name
        crm.actor(name)
    except CrmError:  # switched off, or deleted
        return []
    return [(name, PublicKey(found[0].kind, found[0].body).line)]


if __name__ == "__main__":
    sys.exit(main())
