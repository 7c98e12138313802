"""Values as people read and type them, and what records are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmkit.core.declare import Parametrised
from crmkit.core.display import Display
from crmkit.core.entity import Record
from crmkit.core.expr import Everything, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.parsing import Parser
from crmkit.core.reading import Reading
from crmkit.core.store import Reader, Select
from crmkit.core.users import called


class Wording(Reading):
    """The part of a session that turns values into text, and text into values."""

    # Showing -----------------------------------------------------------------------------

    @property
    def _display(self) -> Display:
        return Display(self.model, self.locale, self.titles)

    def display(self, record: Record, field: Field) -> str:
        """Return a value as people read it."""
        return self._display.rows([record], [field])[0][0]

    def display_many(self, records: Sequence[Record], fields: Sequence[Field]) -> list[list[str]]:
        """Return a row of values as people read them for each record."""
        return self._display.rows(records, fields)

    def titles(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Return what records are called; 'lead 42' for those the actor may not see."""
        groups: dict[str, set[int]] = {}
        for entity, id in wanted:
            groups.setdefault(entity, set()).add(id)
        found: dict[tuple[str, int], str] = {}
        with self.store.reader() as reader:
            for entity, ids in groups.items():
                if entity in self.model.entities:
                    known = self._titles(reader, self.model.entity(entity), ids)
                    found |= {(entity, i): t for i, t in known.items()}
        for entity, ids in groups.items():
            for id in ids:
                found.setdefault((entity, id), f"{entity} {id}")
        return found

    def _titles(self, reader: Reader, model: EntityModel, ids: set[int]) -> dict[int, str]:
        scope = self.rights.scope(model, "read")
        if isinstance(scope, Everything) or model.name == "user":
            return reader.titles(model, ids)
        where = all_of(Test(model.by_key["id"], "in", tuple(sorted(ids))), scope)
        select = Select(entity=model, where=where, limit=len(ids), deleted=True, relations=False)
        return {r.id: r.title for r in reader.find(select)}

    # Text to values ----------------------------------------------------------------------

    def parse(self, entity: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for text typed by a person; Invalid collects every problem."""
        return self._parser().parse(self.model.entity(entity), texts)

    def parse_field(self, entity: str, key: str, text: str) -> Any:
        """Return the typed value of one field's text; Invalid says what is wrong."""
        model = self.model.entity(entity)
        return self._parser().field(model.field(key), text)

    def parse_params(self, command: Parametrised, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for a command's parameters."""
        return self._parser().params(command, texts)

    def _parser(self) -> Parser:
        return Parser(self.locale, self.actor.id, self._named)

    def _named(self, targets: Sequence[str], text: str) -> list[Link]:
        found = []
        with self.store.reader() as reader:
            for target in targets:
                model = self.model.entity(target)
                if target == "user":
                    found += [Link(target, id) for id in called(reader, model, text)]
                    continue
                ids = reader.named(model, text)
                seen = self._titles(reader, model, set(ids))
                found += [Link(target, id) for id in ids if id in seen]
        return found
