"""What somebody new to the program tripped over, and does not any more."""

from __future__ import annotations

import pytest

from crmkit.api import Item, Link
from crmkit.core.errors import Invalid, NotFound, Refused
from crmkit.core.session import Session
from tests.core.conftest import Login


def test_a_restored_login_must_still_be_free(admin: Session) -> None:
    """Two users of one name would each be locked out by the other."""
    ben = admin.add("user", name="ben")
    admin.delete("user", ben.id)
    admin.add("user", name="ben")
    with pytest.raises(Invalid, match="a user ben already"):
        admin.restore("user", ben.id)


@pytest.mark.parametrize("values", [{"active": False}, {"roles": (Item("staff"),)}])
def test_the_last_admin_stays(admin: Session, values: dict[str, object]) -> None:
    """Nobody could mend it; with another admin it is well."""
    with pytest.raises(Refused, match="only admin left"):
        admin.set("user", admin.actor.id, values)
    with pytest.raises(Refused, match="only admin left"):
        admin.delete("user", admin.actor.id)
    admin.add("user", name="eve", roles=(Item("admin"),))
    admin.set("user", admin.actor.id, values)


def test_nobody_renames_his_own_login(login: Login) -> None:
    """His profile is his own, the login is not."""
    sta = login("sta", "staff")
    sta.set("user", sta.actor.id, {"full_name": "Sta Mina"})
    with pytest.raises(Invalid, match="only an admin renames"):
        sta.set("user", sta.actor.id, {"name": "zork"})


def test_what_is_hidden_is_not_pointed_at_either(admin: Session, login: Login) -> None:
    """A hidden lead and none at all are told apart by nothing."""
    lead = admin.add("lead", name="Ann", phone="+442079460000")
    sue = login("sue", "crm_supervisor")
    for id in (lead.id, 99_999):
        with pytest.raises(Invalid, match=f"there is no lead {id}"):
            sue.add("action", subject="Call", about=Link("lead", id))
    mine = sue.add("lead", name="Bob", phone="+442079460001")
    assert sue.add("action", subject="Call", about=Link("lead", mine.id)).id


def test_numbers_beyond_any_record_find_nothing(admin: Session) -> None:
    """Neither as an id nor in a filter."""
    for id in (0, -1, 10**30):
        with pytest.raises(NotFound):
            admin.get("lead", id)
    assert admin.count("lead", f"id:{10**30}") == 0


def test_the_owner_has_one_name_in_filters(admin: Session) -> None:
    """Deals call theirs salesperson, clients account manager."""
    admin.add("client", name="Ash plc", account_manager=admin.actor.id)
    assert admin.count("client", "owner:me") == 1
    assert admin.count("deal", "owner:none") == 0


def test_people_are_found_by_their_full_names(admin: Session) -> None:
    """In filters and in what is typed, in any case; a login goes before a full name."""
    zoe = admin.add("user", name="zoe", full_name="Zoë Müller", roles=(Item("staff"),))
    hers = admin.add("lead", name="Ann", phone="+442079460000", owner=zoe.id)
    admin.add("lead", name="Bob", phone="+442079460001", owner=admin.actor.id)
    assert [r.id for r in admin.find("lead", 'owner:"zoe MULLER"')] == [hers.id]
    assert admin.parse("lead", {"owner": "Zoë Müller"}) == {"owner": zoe.id}
    other = admin.add("user", name="ann", full_name="zoe", roles=(Item("staff"),))
    assert admin.parse("lead", {"owner": "zoe"}) == {"owner": zoe.id}
    assert other.id != zoe.id
