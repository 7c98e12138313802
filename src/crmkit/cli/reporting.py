"""The command `tick`: what time brings."""

from __future__ import annotations

import click

from crmkit.cli import output
from crmkit.cli.shell import Shell

FAULT = 1


@click.command()
@click.pass_obj
def tick(shell: Shell) -> int:
    """Do what time brings: run it from cron or a timer, every few minutes."""
    shell.demand_owner()
    done, failed = shell.crm.tick()
    for line in done:
        output.say(line)
    for line in failed:
        output.say(line)
    return FAULT if failed else 0
