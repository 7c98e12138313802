"""Asking before something is done that cannot be taken back."""

from __future__ import annotations

import sys

from crmkit.core.errors import Refused, Usage


def confirm(what: str, word: str, yes: bool) -> None:
    """Ask for a word to be typed before something is done; Refused where another one is.

    `what` says, as a sentence, what is about to happen. Without a terminal Usage says to give
    `--yes`, which asks nothing.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Usage(f"{what} There is no terminal to ask at: say --yes to go on")
    print(f"{what} Type {word} to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != word:
        raise Refused("nothing is done")
