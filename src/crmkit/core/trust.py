"""Whether a plugin's file may be run: only its owner, or root, may be able to write it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def doubt(path: Path, owner: int) -> str:
    """Return why a plugin's file is not to be trusted, with what mends it; '' where it is.

    The file and the folder that it is in must belong to root or to the
    workspace's owner (a user id), and be writable by nobody else.
    """
    for place in (path, path.parent):
        state = os.stat(place)
        where = shlex.quote(str(place))
        if state.st_mode & 0o022:
            return f"others may write {place}; close it with: chmod go-w {where}"
        if state.st_uid not in (0, owner):
            return f"{place} belongs to somebody else; mend it with: chown {owner} {where}"
    return ""
