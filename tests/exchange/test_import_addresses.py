"""Addresses in pieces: one part may be made of several columns."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.core.errors import Usage
from crmkit.core.session import Session
from tests.exchange.conftest import Import

FILE = "Name,No,Street,Town,Land\nAsh,7,High Street,Bath,GB\nBeech,,The Mill,,\nCedar,,,,\n"
PIECES = (
    "last_name=Name", "address.street=No", "address.street=Street",
    "address.city=Town", "address.country=Land",
)  # fmt: skip


def test_pieces_of_a_street_are_joined(bring: Import, session: Session) -> None:
    """Blank pieces leave no trace; without any there is no address."""
    assert bring("contact", FILE, map=PIECES).imported == 3
    found: Any = session.find("contact", sort="id").records
    streets = [[(i.value.street, i.value.city) for i in c.address] for c in found]
    assert streets == [[("7 High Street", "Bath")], [("The Mill", "")], []]


def test_a_country_is_one_column(bring: Import) -> None:
    """Two of them contradict each other."""
    with pytest.raises(Usage, match="cannot be read from both"):
        bring("contact", FILE, map=(*PIECES, "address.country=Town"))
