"""`crmkit ssh setup`: the door that OpenSSH keeps; see docs/ssh.md."""

from __future__ import annotations

import grp
import pwd
import subprocess
import sys
from pathlib import Path

import click

from crmkit.cli import output
from crmkit.cli.options import Branch
from crmkit.core.errors import NotFound
from crmkit.server.sshd import PLACE, SSHD, SUDOERS, Door, unsafe, write
from crmkit.server.wire import HOUSE


@click.group(cls=Branch, no_args_is_help=False)
def ssh() -> None:
    """Let people in over OpenSSH."""


@ssh.command("setup", epilog="""\b
    Examples:
      crmkit ssh setup --print
      sudo /opt/crmkit/bin/crmkit ssh setup --account crm --door crm-door""")  # fmt: skip
@click.option("--account", default="crm", show_default=True, metavar="NAME",
              help="The account that the data belongs to.")  # fmt: skip
@click.option("--door", default="crm-door", show_default=True, metavar="NAME",
              help="The account that people come in as; it owns nothing.")  # fmt: skip
@click.option("--staff", default="crm-staff", show_default=True, metavar="GROUP",
              help="The local accounts that may come in through sudo.")  # fmt: skip
@click.option("--socket", default=HOUSE, show_default=True, metavar="PATH",
              help="Where the house listens.")  # fmt: skip
@click.option("--python", default=sys.executable, metavar="PATH",
              help="The Python that has crmkit; by default the one that runs this.")  # fmt: skip
@click.option("--place", default=PLACE, show_default=True, metavar="DIR",
              help="Where the scripts go that sshd runs.")  # fmt: skip
@click.option("--sshd", default=SSHD, show_default=True, metavar="PATH",
              help="Where the part of sshd's configuration goes.")  # fmt: skip
@click.option("--sudoers", default=SUDOERS, show_default=True, metavar="PATH",
              help="Where the part of sudo's configuration goes.")  # fmt: skip
@click.option("--print", "only_print", is_flag=True, help="Show the files, and write nothing.")
def setup(only_print: bool, **places: str) -> None:
    """Write what sshd and sudo need to let people in (as root), or print it."""
    door = Door(**places)
    if only_print:
        for path, mode, text in door.files():
            output.write(f"# {path} (root, mode {mode:04o})\n{text}")
        return
    _demand_accounts(door)
    for line in write(door):
        output.say(line)
    _say_what_is_left(door)


def _demand_accounts(door: Door) -> None:
    for name in (door.account, door.door):
        try:
            pwd.getpwnam(name)
        except KeyError:
            raise NotFound(
                f"there is no account {name}; make it with: useradd --system --user-group "
                f"--home-dir / --no-create-home --shell /bin/sh --password '*' {name}"
            ) from None


def _can_run(door: Door) -> bool:
    """Whether the account at the door can run what it is to run."""
    account = pwd.getpwnam(door.door)
    # By way of another program: the first one is still found with root's rights.
    tried = subprocess.run(
        ["/usr/bin/env", "-i", door.python, "-I", "-c", "import crmkit.server.attach"],
        user=account.pw_uid, group=account.pw_gid, extra_groups=(), cwd="/",
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return tried.returncode == 0


def _say_what_is_left(door: Door) -> None:
    if not _can_run(door):
        output.say(
            f"{door.door} cannot run {door.python} with crmkit, so that nobody comes in: "
            "install crmkit where every account may read it, such as /opt/crmkit"
        )
    real = Path(door.python).resolve()
    for place in (real, *real.parents):
        if place.exists() and (why := unsafe(place)):
            output.say(f"whoever can change Python can change the door: {why}")
            break
    try:
        grp.getgrnam(door.staff)
    except KeyError:
        output.say(f"for local accounts make the group {door.staff}: groupadd {door.staff}")
    output.say(f'say in crmkit.toml, under [server]: door = "{door.door}"')
    output.say("then let sshd read its configuration: systemctl reload ssh")
