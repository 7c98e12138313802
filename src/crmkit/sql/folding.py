"""The function `crm_fold` of a PostgreSQL database: text as search and comparison see it.

It does what `crmkit.core.kinds.base.fold` does, without an extension and without being superuser:
lower case (ICU's where the server has it), compatibility decomposition, no combining marks. Of
full case folding only the letters that become several are done: sharp s and the like.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby

_ICU, _DEFAULT = "und-x-icu", "default"
_LAST_MARK = 0x1FFFF


def ddl(collations: set[str]) -> list[str]:
    """Return the SQL that makes the function; `collations` are the names that the server knows."""
    body = _body(_ICU if _ICU in collations else _DEFAULT)
    return [
        f"""CREATE FUNCTION crm_fold(given text) RETURNS text
            LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $${body}$$"""
    ]


def bodies() -> list[str]:
    """Return what the function may be made of, by what the server had when it was made."""
    return [_body(collation) for collation in (_ICU, _DEFAULT)]


def _body(collation: str) -> str:
    return f"""
            SELECT CASE WHEN octet_length(given) = char_length(given)
              THEN lower(given COLLATE "C")
              ELSE regexp_replace(
                replace(replace(normalize(
                  lower(given COLLATE pg_catalog."{collation}"), NFKD),
                  'ß', 'ss'), 'ς', 'σ'),
                '[{_marks()}]', '', 'g') COLLATE "C"
            END """


@cache
def _marks() -> str:
    """Return the ranges of all combining characters, as a regular expression's class has them."""
    found = [n for n in range(0x300, _LAST_MARK + 1) if unicodedata.combining(chr(n))]
    ranges = []
    for _, run in groupby(enumerate(found), lambda pair: pair[1] - pair[0]):
        numbers = [n for _, n in run]
        ranges.append(f"\\U{numbers[0]:08X}-\\U{numbers[-1]:08X}")
    return "".join(ranges)
