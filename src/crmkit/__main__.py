"""The program: `crmkit`, or `python -m crmkit`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the shell and exit with its code."""
    from crmkit.cli import main as shell

    sys.exit(shell())


if __name__ == "__main__":
    main()
