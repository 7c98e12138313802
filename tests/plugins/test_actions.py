"""Completing and reopening actions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from crmkit.api import Link, Refused
from crmkit.plugins.actions import Action, Completion, complete, reopen

if TYPE_CHECKING:
    from tests.plugins.conftest import FakeContext

EARLIER = datetime(2026, 2, 27, 15, 0, tzinfo=UTC)


@pytest.fixture
def call(ctx: FakeContext) -> Action:
    """An open call, in the store."""
    action = Action(id=5, subject="Call back", kind="CALL", about=Link("lead", 1))
    ctx.hold(action)
    return action


def test_completing_moves_to_done_with_the_outcome(call: Action, ctx: FakeContext) -> None:
    complete(call, ctx, Completion(outcome="Wants a quote"))

    assert ctx.moves == [("action", 5, "DONE", {"outcome": "Wants a quote"})]


def test_completing_in_silence_keeps_the_outcome_that_was_noted(
    call: Action, ctx: FakeContext
) -> None:
    complete(call, ctx, Completion())

    assert ctx.moves == [("action", 5, "DONE", {})]


def test_what_was_done_earlier_can_be_told_later(call: Action, ctx: FakeContext) -> None:
    complete(call, ctx, Completion(done_at=EARLIER))

    assert ctx.moves == [("action", 5, "DONE", {"done_at": EARLIER})]


def test_an_action_is_completed_once(call: Action, ctx: FakeContext) -> None:
    with pytest.raises(Refused, match="done already"):
        complete(call.evolve(status="DONE"), ctx, Completion())

    assert ctx.moves == []


def test_reopening_moves_back(call: Action, ctx: FakeContext) -> None:
    reopen(call.evolve(status="DONE"), ctx, None)

    assert ctx.moves == [("action", 5, "OPEN", {})]


def test_an_open_action_is_not_reopened(call: Action, ctx: FakeContext) -> None:
    with pytest.raises(Refused, match="nothing to reopen"):
        reopen(call, ctx, None)
