"""The program: `crmkit`, or `python -m crmkit`."""

from __future__ import annotations

import os
import sys

HEARD = "TEXTUAL_DISABLE_KITTY_KEY"


def main() -> None:
    """Run the shell and exit with its code.

    Textual takes a driver, a log file, keys to press and more from the environment when it is
    imported; whoever sets that must not get past the program.
    """
    for name in [n for n in os.environ if n.startswith("TEXTUAL") and n != HEARD]:
        del os.environ[name]
    from crmkit.cli import main as shell

    sys.exit(shell())


if __name__ == "__main__":
    main()
