"""Commands for the workspace as a whole: init, demo and upgrade."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.bar import Bar
from crmkit.cli.opening import run_tui
from crmkit.cli.options import Whole
from crmkit.cli.shell import Shell
from crmkit.core.errors import Usage

DEMO_FIRM = "A made-up law firm"
DEMO_RECORDS = 2_000


@click.command(epilog="""\b
    Examples:
      crmkit init ~/crm --name "Doe & Partners" --region DE --currency EUR --timezone Europe/Berlin
      crmkit init ~/crm --database postgresql://crm@db.example.com/crm""")  # fmt: skip
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--database",
    metavar="URL",
    default="",
    help="Where the data is; by default a file in the folder.",
)
@click.option("--name", metavar="NAME", default="", help="What the firm is called.")
@click.option(
    "--region",
    metavar="CODE",
    default="US",
    show_default=True,
    help="Where phone numbers are from (ISO 3166).",
)
@click.option(
    "--currency",
    metavar="CODE",
    default="USD",
    show_default=True,
    help="The currency of amounts without one (ISO 4217).",
)
@click.option("--timezone", metavar="ZONE", default="UTC", show_default=True,
              help="The firm's clock (IANA).")  # fmt: skip
def init(folder: Path, **settings: Any) -> None:
    """Make a workspace in a folder; whoever runs this becomes its admin."""
    from crmkit.app import init as make

    folder = folder.expanduser()
    make(folder, **settings).store.close()
    output.say(f"the workspace is in {folder}; open it with: crmkit --workspace {folder}")


@click.command()
@click.option(
    "--records",
    metavar="N",
    type=Whole(1, 1_000_000),
    default=DEMO_RECORDS,
    show_default=True,
    help="How many records to make up.",
)
@click.option("--no-tui", is_flag=True,
              help="Only make it; the last line is the folder.")  # fmt: skip
def demo(records: int, no_tui: bool) -> int:
    """Look around in a made-up law firm, in a workspace to throw away."""
    if not no_tui and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Usage("the demo opens the terminal UI, which needs a terminal; or use --no-tui")
    folder = _made_up(records)
    if no_tui:
        output.write(str(folder))
        return 0
    code = run_tui(folder)
    output.say(f"the demo is in {folder}; open it again with: crmkit --workspace {folder}")
    return code


def _made_up(records: int) -> Path:
    """Return the folder of a new workspace with made-up data."""
    from crmkit.app import init as make
    from crmkit.demo.firm import CURRENCY, REGION, TIMEZONE
    from crmkit.demo.loader import load_demo

    folder, bar = Path(tempfile.mkdtemp(prefix="crmkit-demo-")), Bar()
    output.say(f"making up {records:,} records ...")
    crm = make(folder, name=DEMO_FIRM, region=REGION, currency=CURRENCY, timezone=TIMEZONE)
    try:
        load_demo(crm, records, progress=lambda done: bar.draw("making up", done, records))
    finally:
        bar.clear()
        crm.store.close()
    return folder


@click.command()
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.pass_obj
def upgrade(shell: Shell, dry_run: bool) -> None:
    """Bring the database up to date with the program and its plugins, after a backup."""
    from crmkit.app import open_crm
    from crmkit.customizing import mark

    crm = open_crm(shell.place, upgrade=True)
    try:
        for name, reason in crm.off.items():
            output.say(f"plugin {name} is off: {reason}")
        if dry_run:
            for line in crm.pending():
                output.write(line)
            return
        done = crm.upgrade()
        mark(shell.place, crm.store)
        for line in done:
            output.say(line)
        output.say("the database is up to date" if done else "the database was up to date")
    finally:
        crm.store.close()
