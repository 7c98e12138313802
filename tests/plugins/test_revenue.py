"""An account's revenue is the sum of the deals won with it."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.core.kinds.numbers import Money
from crmkit.core.session import Session


@pytest.fixture
def account(admin: Session) -> int:
    """An account."""
    return admin.add("account", {"name": "Hale Ltd"}).id


def revenue(session: Session, account: int) -> Money | None:
    """Return an account's revenue."""
    found: Money | None = session.get("account", account).total_revenue  # type: ignore[attr-defined]
    return found


def win(session: Session, amount: int, currency: str = "GBP", **who: Any) -> int:
    """Add a deal that is won."""
    value = Money.of(amount, currency)
    return session.add("deal", {"name": "Lease", "value": value, "stage": "CLOSED_WON", **who}).id


def test_won_deals_add_up(admin: Session, account: int) -> None:
    win(admin, 1000, account=account)
    win(admin, 250, account=account)

    assert revenue(admin, account) == Money.of(1250, "GBP")


def test_open_and_lost_deals_do_not_count(admin: Session, account: int) -> None:
    value = Money.of(900, "GBP")
    for stage in ("PROPOSAL", "CLOSED_LOST"):
        admin.add("deal", {"name": "Lease", "value": value, "stage": stage, "account": account})

    assert revenue(admin, account) is None


def test_a_deal_counts_from_when_it_is_won_until_it_is_not(admin: Session, account: int) -> None:
    deal = admin.add(
        "deal", {"name": "Lease", "value": Money.of(900, "GBP"), "account": account}
    ).id

    admin.move("deal", deal, "CLOSED_WON")
    won = revenue(admin, account)
    admin.undo()

    assert won == Money.of(900, "GBP")
    assert revenue(admin, account) is None


def test_a_corrected_amount_is_carried_through(admin: Session, account: int) -> None:
    deal = win(admin, 1000, account=account)

    admin.set("deal", deal, {"value": Money.of(800, "GBP")})

    assert revenue(admin, account) == Money.of(800, "GBP")


def test_a_deleted_deal_does_not_count_until_it_is_restored(admin: Session, account: int) -> None:
    deal = win(admin, 1000, account=account)

    admin.delete("deal", deal)
    gone = revenue(admin, account)
    admin.restore("deal", deal)

    assert gone is None
    assert revenue(admin, account) == Money.of(1000, "GBP")


def test_a_deal_of_a_client_counts_for_the_clients_account(admin: Session, account: int) -> None:
    client = admin.add("client", {"name": "Hale", "account": account}).id
    win(admin, 1000, client=client)
    win(admin, 500, account=account)

    assert revenue(admin, account) == Money.of(1500, "GBP")


def test_a_deal_with_account_and_client_counts_once(admin: Session, account: int) -> None:
    client = admin.add("client", {"name": "Hale", "account": account}).id
    win(admin, 1000, client=client, account=account)

    assert revenue(admin, account) == Money.of(1000, "GBP")


@pytest.mark.parametrize("entity", ["deal", "client"])
def test_revenue_follows_to_another_account(admin: Session, account: int, entity: str) -> None:
    other = admin.add("account", {"name": "Ito KK"}).id
    client = admin.add("client", {"name": "Hale", "account": account}).id
    deal = win(admin, 1000, **({"account": account} if entity == "deal" else {"client": client}))

    admin.set(entity, deal if entity == "deal" else client, {"account": other})

    assert revenue(admin, account) is None
    assert revenue(admin, other) == Money.of(1000, "GBP")


def test_the_firms_currency_comes_first(admin: Session, account: int) -> None:
    win(admin, 1000, account=account)
    win(admin, 700, "EUR", account=account)

    assert revenue(admin, account) == Money.of(1000, "GBP")


def test_the_only_currency_there_is_counts(admin: Session, account: int) -> None:
    win(admin, 700, "EUR", account=account)

    assert revenue(admin, account) == Money.of(700, "EUR")


def test_two_foreign_currencies_give_no_sum(admin: Session, account: int) -> None:
    win(admin, 700, "EUR", account=account)
    win(admin, 700, "JPY", account=account)

    assert revenue(admin, account) is None
