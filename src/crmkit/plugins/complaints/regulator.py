"""Regulatory packs, as data: what a scheme asks of a firm that answers a complaint."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from attrs import frozen

from crmkit.api import Context, Refused, Setting, fold, parse_span
from crmkit.plugins.complaints.complaint import Complaint

BUILT_IN = ("legal-ombudsman",)
"""The schemes that come along, each a table in a file beside this one."""

_SENTENCES = re.compile(r"[.!?]\s+|\n\s*\n")


@frozen
class Requirement:
    """What a final response must say: any of `words`, with any of `beside` in its sentence."""

    label: str
    words: tuple[str, ...]
    beside: tuple[str, ...] = ()


@frozen
class Scheme:
    """A complaints scheme: how long a firm has, and what its final response must say."""

    name: str
    resolve_within: str
    says: tuple[Requirement, ...]


def read_scheme(given: Any) -> Scheme | None:
    """Return the scheme of a name or a table; None for "". ValueError says what is wrong."""
    if given == "":
        return None
    if isinstance(given, str):
        if given not in BUILT_IN:
            raise ValueError(f'write "", {", ".join(map(repr, BUILT_IN))}, or a table of your own')
        text = files(__package__).joinpath(f"{given}.toml").read_text(encoding="utf-8")
        given = tomllib.loads(text)
    if not isinstance(given, Mapping) or given.keys() != {"name", "resolve_within", "says"}:
        raise ValueError("write a name, or a table with name, resolve_within and says")
    if not isinstance(given["says"], list):
        raise ValueError("says: write a list of tables with label, words and beside")
    parse_span(str(given["resolve_within"]))
    demands = tuple(_requirement(one) for one in given["says"])
    return Scheme(str(given["name"]), str(given["resolve_within"]), demands)


def _requirement(given: Any) -> Requirement:
    known = {"label", "words", "beside"}
    if not isinstance(given, Mapping) or not {"label", "words"} <= given.keys() <= known:
        raise ValueError("says: write tables with label and words, and beside where it is needed")
    words, beside = given["words"], given.get("beside", [])
    for texts in (words, beside):
        if not isinstance(texts, list) or not all(isinstance(t, str) and t for t in texts):
            raise ValueError(f"says: {given['label']}: write lists of texts")
    return Requirement(str(given["label"]), tuple(words), tuple(beside))


SCHEME: Setting[Scheme | None] = Setting(
    "scheme", None, read=read_scheme,
    help='The regulator\'s scheme that the firm is under: "legal-ombudsman", or a table.',
)  # fmt: skip


def missing(scheme: Scheme, text: str) -> list[str]:
    """Return what a text does not say that the scheme asks for."""
    return [demand.label for demand in scheme.says if not _says(text, demand)]


def _says(text: str, demand: Requirement) -> bool:
    if not demand.beside:
        return _holds(text, demand.words)
    sentences = _SENTENCES.split(text)
    return any(_holds(s, demand.words) and _holds(s, demand.beside) for s in sentences)


def _holds(text: str, words: Iterable[str]) -> bool:
    """Whether a text holds any of the words, as whole ones, wherever its lines end."""
    folded = fold(text)
    return any(re.search(rf"(?<!\w){_pattern(fold(w))}(?!\w)", folded) for w in words)


def _pattern(words: str) -> str:
    """Return a pattern in which numbers may be divided in any way: 0300 5550333."""
    if not any(c.isdigit() for c in words):
        return r"\s+".join(map(re.escape, words.split()))
    return r"[\s-]*".join(re.escape(c) for c in words if not c.isspace())


def says_what_it_must(complaint: Any, ctx: Context) -> str | None:
    """Refuse a final response that leaves out what the regulator asks for."""
    scheme = ctx.setting(SCHEME)
    if scheme is None or ctx.lenient:
        return None
    if lacking := missing(scheme, complaint.final_response):
        return f"The final response does not name {'; '.join(lacking)} ({scheme.name})."
    return None


def stays_what_it_must(before: Complaint | None, after: Complaint, ctx: Context) -> None:
    """Refuse a final response that is rewritten, as the guard of the move would."""
    if before is None or after.status != "FINAL_RESPONSE":
        return
    if before.final_response == after.final_response:
        return
    if why := says_what_it_must(after, ctx):
        raise Refused(why)
