"""Words: how full-text search divides text, the same for what is stored and what is asked, and
how the program puts its own.
"""

from __future__ import annotations

import re

from crmkit.core.kinds.base import fold

UNCHANGED = "nothing changed: it was so already"
"""What is said of work that left all as it was: there is no commit then, nor one to undo."""
_WORD = re.compile(r"\w+")
_NO_LETTER = re.compile(r"[\W_]+")


def tokens(text: str) -> list[str]:
    """Return the folded words of a text: runs of letters, digits and underscores."""
    return _WORD.findall(fold(text))


def plain(name: str) -> str:
    """Return a name as headers and fields are compared: folded, letters and digits only."""
    return _NO_LETTER.sub("", fold(name))


def a(noun: str) -> str:
    """Return an English noun with its indefinite article: a lead, an account, a user."""
    spoken_with_y = noun.lower().startswith(("us", "uni", "eu"))
    return f"an {noun}" if noun[:1].lower() in "aeiou" and not spoken_with_y else f"a {noun}"
