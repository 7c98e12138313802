"""The command `tick`: what time brings."""

from __future__ import annotations

import click

from crmkit.cli import output
from crmkit.cli.shell import Shell
from crmkit.core import jobs

FAULT = 1


@click.command()
@click.option("--resume", metavar="JOB", help="Only take up a job that was suspended.")
@click.pass_obj
def tick(shell: Shell, resume: str | None) -> int:
    """Do what time brings: run it from cron or a timer, every few minutes."""
    shell.demand_owner()
    if resume is not None:
        jobs.resume(shell.crm.model, shell.crm.store, resume)
        output.say(f"the job {resume} is taken up again")
        return 0
    done, failed = shell.crm.tick()
    for line in done:
        output.say(line)
    for line in failed:
        output.say(line)
    return FAULT if failed else 0
