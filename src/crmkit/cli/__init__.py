"""The shell: every command, most of them made from the Model."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

COMPLETION = "_CRMKIT_COMPLETE"


def main(args: Sequence[str] | None = None) -> int:
    """Run crmkit and return its exit code.

    Without a command the terminal UI opens, and click is never imported.
    """
    from crmkit.cli.text import guarded_output

    with guarded_output():
        return _main(list(sys.argv[1:] if args is None else args))


def _main(given: list[str]) -> int:
    from crmkit.cli.failures import guarded
    from crmkit.cli.opening import bare, open_tui

    globals_only = None if COMPLETION in os.environ else bare(given)
    if globals_only is not None:
        return guarded(lambda: open_tui(globals_only))
    return guarded(lambda: _command(given))


def _command(args: list[str]) -> int:
    from crmkit.cli.root import run

    return run(args)
