"""Kinds for a value out of a list: choices, and the state of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import field, frozen

from crmkit.core.errors import unknown
from crmkit.core.kinds.base import Kind, Locale, fold

if TYPE_CHECKING:
    from crmkit.core.workflow import Workflow


def as_options(options: Any) -> dict[str, str]:
    """Return codes with their labels from a mapping, pairs, or plain labels."""
    if isinstance(options, Mapping):
        return dict(options)
    return dict(o if isinstance(o, tuple) else (o, o) for o in options)


@frozen
class ChoiceKind(Kind):
    """One of a list of codes, shown by its label."""

    name: ClassVar[str] = "choice"
    widget: ClassVar[str] = "choice"
    options: dict[str, str] = field(factory=dict, converter=as_options)

    def parse(self, text: str, locale: Locale) -> str:
        wanted = fold(text).strip()
        for code, label in self.options.items():
            if wanted in (fold(code), fold(label)):
                return code
        spaced = wanted.replace(" ", "_").replace("-", "_")
        for code in self.options:
            if fold(code) == spaced:
                return code
        raise ValueError(self._refusal(text))

    def _refusal(self, text: str) -> str:
        known = list(self.options)
        listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
        return f"{unknown('choice', text, known)}; choose from {listed}"

    def format(self, value: Any, locale: Locale) -> str:
        return self.options.get(value, str(value))

    def validate(self, value: Any) -> str:
        if value not in self.options:
            raise ValueError(self._refusal(str(value)))
        return str(value)

    def words(self, value: Any) -> str:
        return self.options.get(value, str(value))

    def describe(self) -> dict[str, Any]:
        return {"options": dict(self.options)}


@frozen
class FlowKind(ChoiceKind):
    """The state of a record in its workflow; changed by a move, never by an assignment."""

    name: ClassVar[str] = "flow"
    widget: ClassVar[str] = "flow"
    workflow: Workflow = field(kw_only=True)

    @classmethod
    def of(cls, workflow: Workflow) -> FlowKind:
        """Return the kind for a workflow's states."""
        return cls({s.code: s.label for s in workflow.states}, workflow=workflow)

    def format(self, value: Any, locale: Locale) -> str:
        return str(value)
