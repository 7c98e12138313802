"""The door for accounts of this machine: `sudo -u crm crmkit-session`.

Sudo says which account called, in SUDO_UID; nothing that the caller gives is heard. Run as the
account that the data belongs to: `python -I -m crmkit.server.wrapper [--socket PATH]`.
"""

from __future__ import annotations

import os
import pwd
import sys

from crmkit.core.logins import SAFE_LOGIN
from crmkit.server import wire
from crmkit.server.attach import attach


def main() -> int:
    """Attach as the account that called sudo; return the exit code."""
    match sys.argv[1:]:
        case []:
            path = wire.HOUSE
        case ["--socket", path]:
            pass
        case _:
            return _refuse("no words are taken: crmkit-session")
    login = caller(os.environ.get("SUDO_UID", ""))
    if not login:
        return _refuse("call this through sudo, from an account of your own")
    # What a command would be given in is the caller's to set; here there is only the terminal UI.
    for name in ("SSH_ORIGINAL_COMMAND", "SSH_CONNECTION", "SSH_CLIENT"):
        os.environ.pop(name, None)
    return attach(login, path)


def caller(uid: str) -> str:
    """Return the login of the account that called; '' where it is none that may come in."""
    if not uid.isascii() or not uid.isdecimal() or int(uid) == 0:
        return ""
    try:
        login = pwd.getpwuid(int(uid)).pw_name
    except (KeyError, OverflowError):
        return ""
    return login if SAFE_LOGIN.fullmatch(login) else ""


def _refuse(why: str) -> int:
    print(f"crmkit: {why}", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
