"""How full-text search divides text into words, the same for what is stored and what is asked."""

from __future__ import annotations

import re

from crmkit.core.kinds.base import fold

_WORD = re.compile(r"\w+")


def tokens(text: str) -> list[str]:
    """Return the folded words of a text: runs of letters, digits and underscores."""
    return _WORD.findall(fold(text))


def a(noun: str) -> str:
    """Return an English noun with its indefinite article: a lead, an account, a user."""
    spoken_with_y = noun.lower().startswith(("us", "uni", "eu"))
    return f"an {noun}" if noun[:1].lower() in "aeiou" and not spoken_with_y else f"a {noun}"
