"""The filter language: `status:QUALIFIED owner:me next_call<=today "free words" -source:Event`.

Terms stand side by side (all must hold); `or`, parentheses and a leading `-` combine them. A
term is a word, a quoted phrase, or `field` with one of `: = != < <= > >=` and a value; commas
give alternatives. This module reads the text; `crmkit.core.binding` gives it its meaning.
"""

from __future__ import annotations

import re

from attrs import frozen

from crmkit.core.errors import Invalid

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<open>-?\() | (?P<close>\))
    | (?P<term>-?[A-Za-z_][\w.-]*)(?P<op>!=|<=|>=|[:=<>])
    | (?P<minus>-)?"(?P<phrase>[^"]*)"
    | (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)
_VALUE = re.compile(r'"([^"]*)"|([^\s(),"]+)')


@frozen
class Term:
    """One test: a field, an operator and alternative values as text."""

    field: str
    op: str
    values: tuple[str, ...]


@frozen
class Phrase:
    """Words to be found anywhere in the record."""

    text: str


@frozen
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@frozen
class Any:
    """One of the parts holds."""

    parts: tuple[Node, ...]


@frozen
class No:
    """The part does not hold."""

    part: Node


Node = Term | Phrase | All | Any | No


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def alternatives(self) -> Node:
        parts = [self.sequence()]
        while self._take_or():
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while (part := self.term()) is not None:
            parts.append(part)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def term(self) -> Node | None:
        if not self.text[self.at :].strip() or self._at_or():
            return None
        found = _TOKEN.match(self.text, self.at)
        if not found:
            raise Invalid(f"the filter has a quote that is not closed: {self.text[self.at :]!r}")
        if found["close"]:
            if not self.depth:
                raise Invalid("the filter closes a parenthesis that was not opened")
            return None
        self.at = found.end()
        if found["open"]:
            return self._group(found["open"].startswith("-"))
        if found["term"]:
            return self._test(found["term"], found["op"])
        if found["phrase"] is not None:
            return _negate(Phrase(found["phrase"]), bool(found["minus"]))
        word = found["word"]
        negative = len(word) > 1 and word.startswith("-")
        return _negate(Phrase(word[1:] if negative else word), negative)

    def _group(self, negative: bool) -> Node:
        self.depth += 1
        if self.depth > 40:
            raise Invalid("the filter has too many parentheses inside each other")
        inside = self.alternatives()
        self.depth -= 1
        found = _TOKEN.match(self.text, self.at)
        if not found or not found["close"]:
            raise Invalid("the filter opens a parenthesis that is not closed")
        self.at = found.end()
        return _negate(inside, negative)

    def _test(self, name: str, op: str) -> Node:
        negative = name.startswith("-")
        values = []
        while found := _VALUE.match(self.text, self.at):
            values.append(found[1] if found[1] is not None else found[2])
            self.at = found.end()
            if self.text[self.at : self.at + 1] != ",":
                break
            self.at += 1
        if self.text[self.at : self.at + 1] == '"':
            raise Invalid(f"the filter has a quote that is not closed: {self.text[self.at :]!r}")
        return _negate(Term(name.lstrip("-"), op, tuple(values)), negative)

    def _at_or(self) -> bool:
        return bool(re.match(r"\s*or(?=[\s(])", self.text[self.at :], re.IGNORECASE))

    def _take_or(self) -> bool:
        found = re.match(r"\s*or(?=[\s(])", self.text[self.at :], re.IGNORECASE)
        if found:
            self.at += found.end()
        return bool(found)


def _negate(node: Node, negative: bool) -> Node:
    return No(node) if negative else node


def parse(text: str) -> Node:
    """Return the filter's tree; Invalid says in one sentence what is wrong with it."""
    parser = _Parser(text)
    node = parser.alternatives()
    if text[parser.at :].strip():
        raise Invalid(f"the filter cannot be read from {text[parser.at :].strip()!r} on")
    return node


def quoted(value: str) -> str:
    """Return a value as it is written behind an operator."""
    return value if _VALUE.fullmatch(value) and '"' not in value else f'"{value}"'
