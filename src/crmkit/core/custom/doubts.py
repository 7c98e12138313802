"""What the firm's own names that is not there: it loads, and would never do what it says."""

from __future__ import annotations

from collections.abc import Iterator

from crmkit.core.custom.plugin import NAME
from crmkit.core.faults import rule_faults
from crmkit.core.model import Model
from crmkit.core.policy import Rule
from crmkit.core.proving import mistold
from crmkit.core.session import Session


def unknown_in(rule: Rule, model: Model) -> Iterator[str]:
    """Yield what a rule of a role names that is not there; while a plugin is off, it may be its."""
    if not model.off:
        yield from (f"{rule.text}: {said}" for said in rule_faults(rule, model, NAME))


def doubts(session: Session) -> Iterator[str]:
    """Yield a sentence for each role of the firm's own and each automation that makes no sense."""
    model = session.model
    for name, roles in model.roles.items():
        for rule in (rule for role in roles if role.owner == NAME for rule in role.rules):
            yield from (f"role {name}: {said}" for said in unknown_in(Rule.read(rule, name), model))
    for automation in model.automations.values():
        yield from (
            f"automation {automation.name}: {said}" for said in mistold(session, automation)
        )
