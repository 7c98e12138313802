"""Words as people write them."""

from __future__ import annotations

import pytest

from crmkit.core.words import a


@pytest.mark.parametrize(
    "said", ["a lead", "an account", "an action", "a user", "a unit", "an invoice", "a european"]
)
def test_nouns_have_the_article_that_is_spoken(said: str) -> None:
    assert a(said.split()[1]) == said
