"""Regulatory packs, as data: what a scheme asks of a firm that answers a complaint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from crmkit.api import Context, Setting, fold


@frozen
class Requirement:
    """What a final response must say: any of the words, looked for without case."""

    label: str
    words: tuple[str, ...]


@frozen
class Scheme:
    """A complaints scheme: how long a firm has, in calendar time, and what it must say."""

    name: str
    resolve_within: str
    says: tuple[Requirement, ...]


SCHEMES: Mapping[str, Scheme] = {
    "legal-ombudsman": Scheme(
        # Legal Ombudsman Scheme Rules (England and Wales), rules 4.2 to 4.5, as of April 2023;
        # Solicitors Regulation Authority, Transparency Rules, rule 8.
        "Legal Ombudsman, England and Wales",
        "8 weeks",
        (
            Requirement("the right to complain to the Legal Ombudsman", ("Legal Ombudsman",)),
            Requirement("the Legal Ombudsman's postal address", ("PO Box 6167", "SL1 0EH")),
            Requirement("the Legal Ombudsman's telephone number", ("0300 555 0333",)),
            Requirement(
                "the Legal Ombudsman's e-mail address", ("enquiries@legalombudsman.org.uk",)
            ),
            Requirement("the Legal Ombudsman's website", ("www.legalombudsman.org.uk",
                                                          "https://legalombudsman.org.uk")),
            Requirement(
                "the time limit of six months from the final response",
                ("six months", "6 months"),
            ),
        ),
    ),
}  # fmt: skip


def _scheme(given: Any) -> str:
    if given not in ("", *SCHEMES):
        raise ValueError(f'write one of "", {", ".join(map(repr, SCHEMES))}')
    return str(given)


SCHEME = Setting("scheme", "", read=_scheme, help="The regulator's scheme that the firm is under.")


def missing(scheme: Scheme, text: str) -> list[str]:
    """Return what a text does not say that the scheme asks for."""
    return [r.label for r in scheme.says if not any(_says(text, word) for word in r.words)]


def _says(text: str, words: str) -> bool:
    """Whether a text holds words, wherever its lines end; numbers may be divided in any way."""
    blank = "" if any(c.isdigit() for c in words) else " "
    plain, wanted = (re.sub(r"\s+", blank, fold(t)) for t in (text, words))
    return wanted in plain


def says_what_it_must(complaint: Any, ctx: Context) -> str | None:
    """Refuse a final response that leaves out what the regulator asks for."""
    scheme = SCHEMES.get(ctx.setting(SCHEME))
    if scheme is None:
        return None
    if lacking := missing(scheme, complaint.final_response):
        return f"The final response does not name {'; '.join(lacking)} ({scheme.name})."
    return None
