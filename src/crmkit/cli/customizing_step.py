"""Making one change to the firm's own from the shell."""

from __future__ import annotations

from collections.abc import Callable

from crmkit.cli import output
from crmkit.cli.shell import Shell
from crmkit.core.custom.steps import Step, demand
from crmkit.core.session import Session
from crmkit.customizing import Demand, apply


def take(
    shell: Shell, step: Callable[[Session], Step], check: Demand | None = None, own: bool = False
) -> None:
    """Make a change and say so; one's `own` things need no grant."""
    if not own:
        demand(shell.session)
    found, actor = step(shell.session), shell.session.actor
    shell.close()
    for line in apply(shell.place, found, check, actor):
        output.say(line)
    output.say(found.said)


def listed(text: str) -> tuple[str, ...]:
    """Return the parts of a list that is divided by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
