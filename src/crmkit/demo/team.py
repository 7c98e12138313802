"""The firm's own people: eight users in two teams, with every role that the work needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

_PEOPLE = (
    ("anna", "Anna Lindqvist", "Corporate", ("admin", "crm_manager")),
    ("ben", "Ben Okafor", "Corporate", ("crm_manager", "manage_leads")),
    ("chiara", "Chiara Rinaldi", "Private client",
     ("crm_supervisor", "create_leads", "manage_leads", "view_all_leads")),
    ("david", "David Núñez", "Corporate", ("account_manager", "create_leads")),
    ("elif", "Elif Yıldırım", "Private client", ("account_manager", "create_leads")),
    ("finn", "Finn O'Sullivan", "Corporate", ("crm_worker", "create_leads")),
    ("grace", "Grace Mensah", "Private client", ("crm_worker", "view_all_leads")),
    ("hana", "Hana Ōno", "Private client", ("crm_worker",)),
)  # fmt: skip

USERS = len(_PEOPLE)
MANAGERS = (1, 1, 2, 3, 4, 4, 4, 5, 5, 5)
"""Users who answer for accounts and deals, as often as their share of them."""
CALLERS = (1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 7)
"""Users who work leads and do the follow-ups; the first, who looks around, has his share."""


def any_of(users: Sequence[int], dice: Random) -> int:
    """Return one of the users."""
    return dice.choice(users)


def users(since: datetime) -> list[dict[str, Any]]:
    """Return the users, all made at one time."""
    return [
        {
            "name": name,
            "full_name": full_name,
            "email": f"{name}@example.com",
            "roles": [(role, "", at == 0) for at, role in enumerate(roles)],
            "team": team,
            "active": True,
            "created_at": since,
        }
        for name, full_name, team, roles in _PEOPLE
    ]
