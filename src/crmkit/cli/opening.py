"""Opening the terminal UI: finding the workspace, or offering to make the first one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from attrs import frozen

from crmkit.core.config import FILE
from crmkit.core.errors import Usage

VARIABLE = "CRMKIT_WORKSPACE"


@frozen
class Start:
    """The options that stand before a command."""

    workspace: Path | None = None
    as_user: str | None = None


def bare(args: list[str]) -> Start | None:
    """Return the options where nothing but `--workspace` and `--as` is given, else None."""
    found: dict[str, str] = {}
    rest = list(args)
    while rest:
        name, sign, value = rest.pop(0).partition("=")
        if name == "--safe" and not sign:
            os.environ["CRMKIT_SAFE"] = "1"
            continue
        if name not in ("--workspace", "--as") or not (sign or rest):
            return None
        found[name] = value if sign else rest.pop(0)
    place = found.get("--workspace")
    return Start(Path(place) if place else None, found.get("--as"))


def find_workspace(option: Path | None) -> Path | None:
    """Return the workspace's folder: the option, the environment, here or above, or the user's.

    A folder that was named is returned as it is, whether it is a workspace or not.
    """
    if option is not None:
        return option.expanduser()
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    own = data_folder()
    return own if (own / FILE).is_file() else None


def data_folder() -> Path:
    """Return where a user's own workspace lies."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("crmkit", appauthor=False))


def demand_workspace(option: Path | None) -> Path:
    """Return the workspace's folder; Usage says how to get one where there is none."""
    found = find_workspace(option)
    if found is None:
        raise Usage(
            "there is no workspace here; make one with: crmkit init DIR, "
            "or look around in a made-up firm with: crmkit demo"
        )
    return found


def open_tui(start: Start) -> int:
    """Open the terminal UI and return its exit code; Usage where there is no terminal."""
    place = find_workspace(start.workspace)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        demand_workspace(start.workspace)
        raise Usage("the terminal UI needs a terminal; see crmkit --help for commands")
    if place is None:
        place = offer_workspace(data_folder())
    return run_tui(place, start.as_user)


def run_tui(place: Path, as_user: str | None = None) -> int:
    """Run the terminal UI on a workspace and return its exit code."""
    from crmkit.tui.app import run

    return int(run(place, as_user) or 0)


def offer_workspace(place: Path) -> Path:
    """Ask whether to make a workspace, and make it; Usage where the answer is no."""
    print(f"There is no workspace yet. One can be made in {place}, with you as its admin.")
    if input("Make it? [Y/n] ").strip().casefold() not in ("", "y", "yes"):
        return demand_workspace(None)
    from crmkit.app import init

    init(place).store.close()
    return place
