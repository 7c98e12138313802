"""The Legal Ombudsman's demands: eight weeks, and what a final response must say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmkit.core.errors import Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm

WHOLE = """
You may take this to the Legal Ombudsman, PO Box 6167, Slough, SL1 0EH, telephone 0300 5550333,
enquiries@LegalOmbudsman.org.uk, www.legalombudsman.org.uk, within six
months of this letter.
"""


@pytest.fixture
def ada(database_url: str, clock: Clock) -> Iterator[Session]:
    crm = firm_crm(database_url, clock, {"complaints": {"scheme": "legal-ombudsman"}})
    yield crm.session("ada", "test")
    crm.store.close()


@pytest.fixture
def open_one(ada: Session) -> Any:
    made = ada.add("complaint", subject="Slow", severity="LOW")
    return ada.move("complaint", made.id, "INVESTIGATING")


def test_a_whole_final_response_is_sent(ada: Session, open_one: Any) -> None:
    """However it is broken into lines, and whatever its case."""
    sent: Any = ada.move(
        "complaint", open_one.id, "FINAL_RESPONSE", {"final_response": WHOLE.upper()}
    )
    assert sent.status == "FINAL_RESPONSE"


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("Legal Ombudsman, ", "the right to complain"),
        ("PO Box 6167, Slough, SL1 0EH", "postal address"),
        ("0300 5550333", "telephone number"),
        ("enquiries@LegalOmbudsman.org.uk", "e-mail address"),
        ("www.legalombudsman.org.uk", "website"),
        ("six\nmonths", "time limit of six months"),
    ],
)
def test_what_is_left_out_is_named(ada: Session, open_one: Any, gone: str, said: str) -> None:
    """The complaint stays where it is, and what was typed can be mended."""
    assert gone in WHOLE
    with pytest.raises(Refused, match=said):
        ada.move(
            "complaint", open_one.id, "FINAL_RESPONSE",
            {"final_response": WHOLE.replace(gone, "")},
        )  # fmt: skip
    assert ada.get("complaint", open_one.id).status == "INVESTIGATING"  # type: ignore[attr-defined]


def test_eight_weeks_go_on_while_the_client_is_waited_for(
    ada: Session, open_one: Any, clock: Clock
) -> None:
    """The scheme's time is the calendar's, across the change of the clocks too."""
    assert str(open_one.resolve_by) == "2027-01-18 09:00:00+00:00"
    ada.move("complaint", open_one.id, "WAITING_FOR_CLIENT")
    clock.advance(days=20)
    back: Any = ada.move("complaint", open_one.id, "INVESTIGATING")
    assert back.resolve_by == open_one.resolve_by


def test_without_a_scheme_any_text_will_do(admin: Session) -> None:
    """The pack is switched on by the firm."""
    made = admin.add("complaint", subject="Slow")
    admin.move("complaint", made.id, "INVESTIGATING")
    sent: Any = admin.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "Sorry."})
    assert sent.status == "FINAL_RESPONSE"
