"""A workspace: the folder that holds a firm's configuration, plugins and (by default) data."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path

from attrs import frozen

from crmkit.core.config import DATABASE, FILE, TEMPLATE, Config, read_config
from crmkit.core.custom import FILE as CUSTOM
from crmkit.core.errors import Denied, Fault, NotFound, Usage

PLUGINS = "plugins"


def sqlite_file(url: str) -> Path | None:
    """Return the file that a database's URL names; None where it names a server."""
    if not url.startswith("sqlite"):
        return None
    return Path(url.partition("?")[0].removeprefix("sqlite:///"))


@frozen
class Workspace:
    """A folder with its configuration."""

    path: Path
    config: Config

    @property
    def url(self) -> str:
        """The database's URL; by default the file in the folder."""
        return self.config.database or f"sqlite:///{self.path / DATABASE}"

    @property
    def database_file(self) -> Path | None:
        """The file of the database; None where it is a server's."""
        return sqlite_file(self.url)

    @property
    def custom(self) -> Path:
        """The file of what the firm adds without code."""
        return self.path / CUSTOM

    def custom_stamp(self) -> tuple[int, int]:
        """Return what differs once `custom.toml` was changed: when, and which file it is."""
        try:
            found = self.custom.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    @property
    def plugins(self) -> Path:
        """The folder of the firm's own plugins."""
        return self.path / PLUGINS

    @property
    def state(self) -> Path:
        """Where the program keeps drafts and where it was left, for the user who runs it."""
        return self.path / "state" / login()

    def state_of(self, user: str) -> Path:
        """Return where the program keeps what is a user's own, whoever runs it as him."""
        return self.state if user == login() else self.state.parent / f"{login()}+{user}"

    @property
    def owner(self) -> int:
        """The user id that the folder belongs to; one that is not there yet is his who runs it."""
        return self.path.stat().st_uid if self.path.exists() else os.geteuid()

    def owned(self) -> bool:
        """Whether the workspace's folder belongs to whoever runs the program (or he is root)."""
        return os.geteuid() in (0, self.owner)


_settled = ""


def settle_login() -> None:
    """Keep the name for as long as this process lasts.

    Behind a session's walls it cannot be asked for again once the file of accounts was replaced.
    """
    global _settled
    _settled = login()


def login() -> str:
    """Return the operating system's name for whoever runs the program."""
    if _settled:
        return _settled
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"


def open_workspace(path: Path) -> Workspace:
    """Return the workspace in a folder; NotFound where there is none."""
    if not (path / FILE).is_file():
        raise NotFound(f"{path} is no workspace; make one with: crmkit init {path}")
    return Workspace(path.resolve(), read_config(path / FILE))


def make_workspace(
    path: Path,
    *,
    database: str = "",
    name: str = "",
    region: str = "US",
    currency: str = "USD",
    timezone: str = "UTC",
) -> Workspace:
    """Make a workspace's folder and configuration, readable by its owner only.

    Raises Usage where one is there already, Fault where the folder cannot be made.
    """
    if (path / FILE).exists():
        raise Usage(f"{path} is a workspace already")
    if path.exists() and not path.is_dir():
        raise Usage(f"{path} is not a folder")
    line = f"database = {json.dumps(database)}\n" if database else ""
    text = TEMPLATE.format(
        name=json.dumps(name or path.resolve().name), database=line, region=json.dumps(region),
        currency=json.dumps(currency), timezone=json.dumps(timezone),
    )  # fmt: skip
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (path / PLUGINS).mkdir(exist_ok=True, mode=0o700)
        fd = os.open(path / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Fault(f"{path} cannot be made: {error.strerror}") from None
    try:
        return open_workspace(path)
    except Fault:
        (path / FILE).unlink()
        raise


def demand_owner(workspace: Workspace, name: str) -> None:
    """Raise Denied unless whoever runs the program may act as somebody else."""
    if name != login() and not workspace.owned():
        raise Denied(f"only the owner of {workspace.path} may act as {name}", grant="--as")
