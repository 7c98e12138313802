"""Undo and consultations: nobody is booked twice by it."""

from __future__ import annotations

import pytest

from crmkit.core.errors import Refused
from crmkit.core.session import Session
from tests.plugins.test_consultations import HOUR, THREE, booked


def test_undo_books_nobody_twice(admin: Session) -> None:
    """A cancelled meeting whose time was given away stays cancelled, and undo says why."""
    one = booked(admin)
    other = booked(admin, THREE + 3 * HOUR)
    admin.run("consultation.cancel", one.id, {"reason": "ill"})
    cancelled = admin.log(limit=1)[0].id
    admin.set("consultation", other.id, {"starts_at": THREE})
    with pytest.raises(Refused, match=f"ada has consultation {other.id}"):
        admin.undo(cancelled)
    assert admin.get("consultation", one.id).status == "CANCELLED"  # type: ignore[attr-defined]
