"""What was kept apart is asked about no more; merging needs its grant."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.api import Item
from crmkit.core.errors import Denied, Invalid
from crmkit.core.session import Session
from tests.core.conftest import Login


def contact(session: Session, last: str, email: str = "jo@x.example", first: str = "Jo") -> Any:
    return session.add("contact", first_name=first, last_name=last, email=(Item(email),))


def test_a_pair_kept_apart_is_found_no_more_and_undo_brings_it_back(admin: Session) -> None:
    """Neither by the scan nor on saving; other pairs still are."""
    one, two, three = (contact(admin, name) for name in ("Ash", "Ashe", "Asch"))
    assert len(admin.pairs("contact")) == 3
    admin.run("contact.distinct", two.id, {"others": (Item(one.id),)})
    assert [(p.first, p.second) for p in admin.pairs("contact")] != []
    assert (one.id, two.id) not in {(p.first, p.second) for p in admin.pairs("contact")}
    found = admin.duplicates("contact", {"email": two.email, "last_name": "Ashe"}, id=two.id)
    assert [m.id for m in found] == [three.id]
    admin.run("contact.distinct", one.id, {"others": (Item(two.id),)})
    assert admin.count("distinction") == 1
    admin.undo()
    assert len(admin.pairs("contact")) == 3


def test_the_same_email_is_found_in_other_entities(admin: Session) -> None:
    """A lead's form names the contact with its e-mail, as certain."""
    ash = contact(admin, "Ash")
    (match,) = admin.duplicates("lead", {"name": "Jo Ash", "email": "JO@x.example"})
    assert (match.entity, match.id, match.certain) == ("contact", ash.id, True)
    assert "same e-mail" in match.reasons


def test_nothing_is_kept_apart_from_itself_or_from_nobody(admin: Session) -> None:
    """The record is named, and is there."""
    ash = contact(admin, "Ash")
    for others in ((), (Item(ash.id),), (Item(99),)):
        with pytest.raises(Invalid):
            admin.run("contact.distinct", ash.id, {"others": others})


def test_what_one_may_not_see_is_no_duplicate(admin: Session, login: Login) -> None:
    """Another's lead is not given away by an e-mail address."""
    admin.add("lead", name="Jo Ash", email="jo@x.example")
    lee = login("lee", "crm_supervisor")
    assert lee.duplicates("lead", {"name": "Jo Ash", "email": "jo@x.example"}) == []
    assert lee.pairs("lead") == []


def test_a_worker_may_not_merge(admin: Session, login: Login) -> None:
    """Merging and keeping apart are one grant."""
    one, two = contact(admin, "Ash"), contact(admin, "Ashe")
    kim = login("kim", "crm_worker")
    with pytest.raises(Denied, match=r"contact\.merge"):
        kim.merge("contact", one.id, [two.id])
    with pytest.raises(Denied, match=r"contact\.merge"):
        kim.run("contact.distinct", one.id, {"others": (Item(two.id),)})
