"""Showing all that a plugin touches to somebody, as lists, boards, forms, reports and files do."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from crmkit.core.errors import Denied
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.testing.firm import Firm


def touched(crm: Firm) -> list[EntityModel]:
    """Return the entities that the plugins bring, or add something to."""
    names = {found.name for found in crm.plugins}
    return [m for m in crm.model.entities.values() if names & _owners(m) and m.name != "user"]


def _owners(model: EntityModel) -> set[str]:
    parts: tuple[Any, ...] = (
        *model.fields, *model.guards, *model.commands, *model.derived, *model.tables,
        *model.badges, *model.panels, *model.matchers, *model.agendas, *model.exports,
        *model.conditions.values(),
    )  # fmt: skip
    states = [s for f in model.flows if f.flow for s in f.flow.states]
    return {model.plugin, *(p.owner for p in parts), *(s.owner for s in states)}


def render(crm: Firm, session: Session, entities: Iterable[str]) -> None:
    """Show everything to somebody; what he may not see is refused, and nothing else fails."""
    for name in entities:
        model = crm.model.entity(name)
        with suppress(Denied):
            _lists(session, model)
        with suppress(Denied):
            _board(session, model)
        with suppress(Denied):
            _forms(session, model)
        for condition in model.conditions:
            with suppress(Denied):
                session.count(name, f"is:{condition}")
        for export in model.exports:
            with suppress(Denied):
                records = session.find(name, limit=1000, export=True)
                assert isinstance(export.write(records, session.told), bytes)
    for section in crm.model.home:
        with suppress(Denied):
            session.find(section.entity, section.filter, sort=section.sort)
    for report in crm.model.reports.values():
        if report.owner in {found.name for found in crm.plugins}:
            for by in ("", *(b for b in report.by if b != "*")):
                with suppress(Denied):
                    session.report(report.name, by=by)


def _lists(session: Session, model: EntityModel) -> None:
    seen = session.visible_fields(model.name)
    for filter, sort in [("", ""), *((t.filter, t.sort) for t in model.tables)]:
        page = session.find(model.name, filter, sort=sort)
        session.count(model.name, filter)
        session.display_many(page.records, seen)
        for record in page:
            broken = [tag.text for tag in session.badges(record) if tag.text.endswith("!")]
            assert not broken, f"a badge of {model.name} fails: {', '.join(broken)}"


def _board(session: Session, model: EntityModel) -> None:
    if model.flow is None:
        return
    for column in session.board(model.name):
        shown = session.column(model.name, column.state.code)
        assert len(shown) == min(column.count, 50)


def _forms(session: Session, model: EntityModel) -> None:
    session.writable_fields(model.name, "create")
    for record in session.find(model.name, limit=2):
        for f in session.writable_fields(model.name):
            session.display(record, f)
        session.commands(model.name, record)
        for section in session.panels(record):
            assert not section.failed, f"a panel of {model.name} fails: {section.lines[0].text}"
        session.related(model.name)
