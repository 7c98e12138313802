"""What roles and automations name that is not there: they load, and never do what they say."""

from __future__ import annotations

from collections.abc import Iterator

from crmkit.core.custom.plugin import NAME
from crmkit.core.faults import rule_faults
from crmkit.core.model import Model
from crmkit.core.policy import Rule
from crmkit.core.proving import mistold
from crmkit.core.session import Session


def unknown_in(rule: Rule, model: Model, owner: str = NAME) -> Iterator[str]:
    """Yield what a rule of a role names that is not there; while a plugin is off, it may be its."""
    if not model.off:
        yield from (f"{rule.text}: {said}" for said in rule_faults(rule, model, owner))


def doubts(session: Session) -> Iterator[str]:
    """Yield a sentence for each rule of a role and each automation that makes no sense."""
    model = session.model
    for name, roles in model.roles.items():
        for role in roles:
            whose = "" if role.owner == NAME else f" of plugin {role.owner}"
            for rule in role.rules:
                for said in unknown_in(Rule.read(rule, name), model, role.owner):
                    yield f"role {name}{whose}: {said}"
    for automation in model.automations.values():
        yield from (
            f"automation {automation.name}: {said}" for said in mistold(session, automation)
        )
