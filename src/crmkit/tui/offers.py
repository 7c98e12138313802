"""What a user is offered: lists that he may read, commands that he may give, work he may do."""

from __future__ import annotations

from collections.abc import Sequence

from crmkit.core.errors import Denied
from crmkit.core.session import Session
from crmkit.tui.keys import Binding

VERBS = {
    "new": "create", "edit": "update", "delete": "delete", "move": "move",
    "carry.left": "move", "carry.right": "move", "erase": "erase",
}  # fmt: skip
"""The verb that each of these actions asks for, on the entity where one is."""


def offered(session: Session, scopes: Sequence[str], binding: Binding) -> bool:
    """Whether a key is to be shown where `scopes` are active: some grant lets the user use it."""
    kind, _, name = binding.action.rpartition(".")
    if kind == "go.entity":
        return refusal(session, name, "read") is None
    if binding.action == "follow.up":
        return "action" not in session.model.entities or not refusal(session, "action", "create")
    here = next((s.partition(".")[2] for s in scopes if s.startswith("entity.")), "")
    if binding.scope.startswith("entity."):
        here = binding.scope.partition(".")[2]
        return refusal(session, here, session.model.entity(here).command(name).verb) is None
    verb = VERBS.get(binding.action)
    return not (verb and here) or refusal(session, here, verb) is None


def refusal(session: Session, entity: str, verb: str) -> Denied | None:
    """Return why the user may not `verb` any record of an entity; None where he may."""
    model = session.model.entity(entity)
    return None if session.rights.allows(model, verb) else session.rights.refusal(model, verb)
