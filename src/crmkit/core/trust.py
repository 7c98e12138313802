"""Whether a firm's files may be believed: only their owner, or root, may be able to write them."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_LINKS = 40
"""How many links may stand behind each other, as in the kernel."""


def doubt(places: Iterable[Path], owner: int) -> str:
    """Return why files and folders are not to be trusted, with what mends it; '' where they are.

    They must belong to root or to the workspace's owner (a user id), and be writable by nobody
    else. Those that links lead to must be so too, and the folders that these are in.
    """
    for place in places:
        try:
            why = _doubt(place, owner) or next(filter(None, _of_links(place, owner)), "")
        except FileNotFoundError:  # there is nothing to believe
            continue
        except OSError as error:
            return f"{place} cannot be looked at: {error.strerror}"
        if why:
            return why
    return ""


def parts(source: Path) -> Iterator[Path]:
    """Yield a plugin's file, or all files and folders of the package that it begins."""
    if source.name != "__init__.py":
        yield source
        return
    waiting, seen = [source.parent], set()
    while waiting:
        one = waiting.pop()
        yield one
        if one.is_dir() and (real := one.resolve()) not in seen:
            seen.add(real)
            waiting += sorted(one.iterdir())


def _doubt(place: Path, owner: int) -> str:
    state = os.stat(place)
    where = shlex.quote(str(place))
    if state.st_mode & 0o022:
        return f"others may write {place}; close it with: chmod go-w {where}"
    if state.st_uid not in (0, owner):
        return f"{place} belongs to somebody else; mend it with: chown {owner} {where}"
    return ""


def _of_links(place: Path, owner: int) -> Iterator[str]:
    """Yield what is wrong with the folders that a link leads through, to its end."""
    for _ in range(_LINKS):
        if not place.is_symlink():
            return
        place = Path(os.path.normpath(place.parent / os.readlink(place)))
        # Nobody replaces another's file in a folder such as /tmp.
        if not os.stat(place.parent).st_mode & stat.S_ISVTX:
            yield _doubt(place.parent, owner)
