"""What records must hold to be saved, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crmkit.api import Item, Link
from crmkit.plugins.accounts import Account, parents_form_no_circle
from crmkit.plugins.actions import Action, done_at_is_of_what_is_done
from crmkit.plugins.contacts import Contact, can_be_told_apart
from crmkit.plugins.deals import Deal, has_a_counterpart
from crmkit.plugins.leads import Lead, can_be_reached

if TYPE_CHECKING:
    from tests.plugins.conftest import FakeContext


@pytest.mark.parametrize(
    ("contact", "title"),
    [
        (Contact(first_name="Ada", last_name="Byron"), "Ada Byron"),
        (Contact(last_name="Byron"), "Byron"),
        (Contact(first_name=" ", email=(Item("a@example.org"),)), "a@example.org"),
        (Contact(phone=(Item("+441"), Item("+442", primary=True))), "+442"),
        (Contact(id=7), "Contact 7"),
    ],
)
def test_a_contact_is_called_by_the_best_that_is_known(contact: Contact, title: str) -> None:
    assert contact.title == title


@pytest.mark.parametrize(
    "contact",
    [
        Contact(first_name="Ada"),
        Contact(email=(Item("a@example.org"),)),
        Contact(phone=(Item("+441"),)),
    ],
)
def test_any_one_of_name_email_and_phone_makes_a_contact(
    contact: Contact, ctx: FakeContext
) -> None:
    assert can_be_told_apart(contact, ctx) is None


def test_a_contact_of_nothing_is_refused(ctx: FakeContext) -> None:
    assert set(can_be_told_apart(Contact(first_name=" "), ctx) or ()) == {"last_name"}


@pytest.mark.parametrize("reach", [{"phone": "+441"}, {"email": "a@example.org"}])
def test_a_lead_needs_one_way_to_be_reached(reach: dict[str, str], ctx: FakeContext) -> None:
    assert can_be_reached(Lead(name="Ada", **reach), ctx) is None


def test_a_lead_without_phone_and_email_is_refused(ctx: FakeContext) -> None:
    assert set(can_be_reached(Lead(name="Ada", email=" "), ctx) or ()) == {"phone"}


@pytest.mark.parametrize("deal", [Deal(name="A", client=1), Deal(name="A", account=1)])
def test_a_deal_needs_a_client_or_an_account(deal: Deal, ctx: FakeContext) -> None:
    assert has_a_counterpart(deal, ctx) is None


def test_a_deal_with_nobody_is_refused(ctx: FakeContext) -> None:
    assert set(has_a_counterpart(Deal(name="A"), ctx) or ()) == {"account"}


def test_an_account_may_stand_below_another(ctx: FakeContext) -> None:
    ctx.hold(Account(id=1, name="Top"), Account(id=2, name="Middle", parent=1))

    assert parents_form_no_circle(Account(id=3, name="Low", parent=2), ctx) is None


@pytest.mark.parametrize("parent", [1, 2, 3])
def test_an_account_may_not_stand_below_itself(parent: int, ctx: FakeContext) -> None:
    ctx.hold(
        Account(id=1, name="Top"),
        Account(id=2, name="Middle", parent=1),
        Account(id=3, name="Low", parent=2),
    )

    refused = parents_form_no_circle(Account(id=1, name="Top", parent=parent), ctx)

    assert set(refused or ()) == {"parent"}


def test_a_circle_that_others_form_does_not_hang_the_check(ctx: FakeContext) -> None:
    ctx.hold(Account(id=1, name="A", parent=2), Account(id=2, name="B", parent=1))

    assert parents_form_no_circle(Account(id=3, name="C", parent=1), ctx) is None


def test_an_open_action_has_no_time_of_completion(ctx: FakeContext) -> None:
    about = Link("lead", 1)

    refused = done_at_is_of_what_is_done(Action(subject="A", about=about, done_at=ctx.now), ctx)
    done = Action(subject="A", about=about, done_at=ctx.now, status="DONE")

    assert set(refused or ()) == {"done_at"}
    assert done_at_is_of_what_is_done(done, ctx) is None
