"""Rows that can be imported but look wrong: contradictions, and what came in the file before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from crmkit.core.entity import Record
from crmkit.core.fields import Field
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.rules import out_of_order
from crmkit.core.words import plain
from crmkit.exchange.mapping import Mapping
from crmkit.exchange.report import ImportReport

_YES = {"true", "yes", "y", "1", "x"}
_NO = {"false", "no", "n", "0"}
_OUTCOMES: dict[str, Callable[[str], bool]] = {
    "won": lambda outcome: outcome == "won",
    "lost": lambda outcome: outcome == "lost",
    "closed": lambda outcome: outcome != "open",
    "open": lambda outcome: outcome == "open",
}


@frozen
class _Claim:
    """A column that says, apart from the state, how a record ended."""

    at: int
    name: str
    holds: Callable[[str], bool]


@define
class Doubts:
    """Looks at each row, and notes in the report what is odd about it."""

    model: EntityModel
    columns: Mapping
    report: ImportReport
    claims: list[_Claim] = field(init=False)
    flow: Field | None = field(init=False)
    outcomes: dict[str, str] = field(init=False)
    rows: dict[int, int] = field(factory=dict)
    people: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        mapped = [f for f in self.columns.fields() if f.flow]
        self.flow = mapped[0] if mapped else None
        self.outcomes = {}
        if self.flow is not None and self.flow.flow is not None:
            self.outcomes = {s.code: s.outcome for s in self.flow.flow.states}
        self.claims = self._claims()

    def _claims(self) -> list[_Claim]:
        if self.flow is None:
            return []
        own = {at for at, _ in self.columns.of(self.flow)}
        found = []
        for at, name in enumerate(self.columns.columns):
            outcome = _OUTCOMES.get(plain(name).removeprefix("is"))
            if outcome is not None and at not in own:
                found.append(_Claim(at, name, outcome))
        return found

    def row(self, cells: Sequence[str], line: int) -> None:
        """Note a row whose cells all equal those of an earlier one."""
        first = self.rows.setdefault(hash(tuple(cells)), line)
        if first != line:
            self.report.suspect("the same as an earlier row", line)

    def record(self, cells: Sequence[str], record: Record, line: int) -> None:
        """Note a record whose columns contradict its state, or who seems to be there already."""
        for claim in self.claims:
            said = cells[claim.at].strip().casefold()
            if said in _YES or said in _NO:
                assert self.flow is not None
                outcome = self.outcomes.get(record.get(self.flow), "open")
                if claim.holds(outcome) != (said in _YES):
                    self.report.suspect(
                        f"{claim.name} contradicts the {self.flow.label.lower()}", line
                    )
        for name, why in out_of_order(self.model, record).items():
            label = self.model.field(name).label
            self.report.suspect(f"{label}: {why}", line)
        self._twin(record, line)

    def _twin(self, record: Record, line: int) -> None:
        title = ""
        for f in self.model.identities:
            for value in f.values(record.get(f)):
                if value == "":
                    continue
                title = title or fold(record.title)
                key = hash((title, f.key, f.kind.identity(value)))
                if self.people.setdefault(key, line) != line:
                    what = f"the same name and {f.label.lower()} as an earlier row"
                    self.report.suspect(what, line)
                    break
