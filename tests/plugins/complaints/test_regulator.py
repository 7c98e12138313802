"""The Legal Ombudsman's demands: eight weeks, and what a final response must say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmkit.core.crm import Crm
from crmkit.core.errors import Fault, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host

WHOLE = """
You may take this to the Legal Ombudsman, PO Box 6167, Slough, SL1 0EH, telephone 0300 5550333,
enquiries@LegalOmbudsman.org.uk, www.legalombudsman.org.uk, within six
months of this letter.
"""


@pytest.fixture
def office(database_url: str, clock: Clock) -> Iterator[Crm]:
    crm = firm_crm(database_url, clock, {"complaints": {"scheme": "legal-ombudsman"}})
    yield crm
    crm.store.close()


@pytest.fixture
def ada(office: Crm) -> Session:
    return office.session("ada", "test")


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
        ("You may take this to the", "the right to complain"),
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


def test_a_number_within_another_is_not_taken_for_it(ada: Session, open_one: Any) -> None:
    """Sixteen months are not six."""
    text = WHOLE.replace("six\nmonths", "16 months")
    with pytest.raises(Refused, match="does not name the time limit of six months from the final"):
        ada.move("complaint", open_one.id, "FINAL_RESPONSE", {"final_response": text})


def test_no_other_way_leads_to_a_final_response_that_lacks_something(ada: Session) -> None:
    """Neither adding the complaint so, nor rewriting what was sent."""
    given: dict[str, Any] = {"subject": "Slow", "status": "FINAL_RESPONSE"}
    given["final_response"] = "Sorry."
    with pytest.raises(Refused, match="Legal Ombudsman"):
        ada.add("complaint", given)
    sent = ada.add("complaint", given | {"final_response": WHOLE})
    with pytest.raises(Refused, match="Legal Ombudsman"):
        ada.set("complaint", sent.id, {"final_response": "Sorry."})
    assert ada.set("complaint", sent.id, {"matter": "M-7"}).version == 2
    with ada.transaction("Bring in") as unit:
        unit.lenient = True
        unit.add("complaint", **given)


def test_eight_weeks_go_on_while_the_client_is_waited_for(
    ada: Session, open_one: Any, clock: Clock
) -> None:
    """The scheme's time is the calendar's, across the change of the clocks too."""
    assert str(open_one.resolve_by) == "2027-01-18 09:00:00+00:00"
    ada.move("complaint", open_one.id, "WAITING_FOR_CLIENT")
    clock.advance(days=20)
    back: Any = ada.move("complaint", open_one.id, "INVESTIGATING")
    assert back.resolve_by == open_one.resolve_by


def test_eight_weeks_that_pass_while_waiting_are_a_breach(
    office: Crm, ada: Session, open_one: Any, clock: Clock
) -> None:
    """The other clocks stand still; nobody has to touch the complaint."""
    ada.run("complaint.message", open_one.id, {"text": "What was the date?"})
    ada.move("complaint", open_one.id, "WAITING_FOR_CLIENT")
    clock.advance(days=57)
    assert office.tick() == (["1 missed deadline of complaints"], [])
    assert [c.id for c in ada.find("complaint", "is:breached is:overdue")] == [open_one.id]


def test_a_complaint_reopened_later_has_eight_weeks_anew(
    ada: Session, open_one: Any, clock: Clock
) -> None:
    """Reopened within the eight weeks, it has what is left of them."""
    ada.move("complaint", open_one.id, "RESOLVED")
    clock.advance(days=10)
    soon: Any = ada.move("complaint", open_one.id, "REOPENED")
    assert soon.resolve_by == open_one.resolve_by
    ada.move("complaint", open_one.id, "RESOLVED")
    clock.advance(days=100)
    late: Any = ada.move("complaint", open_one.id, "REOPENED")
    assert str(late.resolve_by) == "2027-05-08 08:00:00+00:00"
    assert late.breached == ()


OWN = {
    "name": "Bar of Examples",
    "resolve_within": "10 business days",
    "says": [{"label": "the Bar", "words": ["Bar of Examples"]}],
}


def test_a_firm_may_write_down_the_scheme_of_its_own_regulator(
    database_url: str, clock: Clock
) -> None:
    """A table in the place of a name."""
    crm = firm_crm(database_url, clock, {"complaints": {"scheme": OWN}})
    ada = crm.session("ada", "test")
    made: Any = ada.add("complaint", subject="Slow", severity="LOW")
    assert str(made.resolve_by) == "2026-12-04 17:00:00+00:00"
    ada.move("complaint", made.id, "INVESTIGATING")
    with pytest.raises(Refused, match=r"does not name the Bar \(Bar of Examples\)"):
        ada.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "Sorry."})
    crm.store.close()


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("fca", "'legal-ombudsman', or a table"),
        (5, "write a name, or a table"),
        ({"name": "x"}, "with name, resolve_within and says"),
        ({**OWN, "resolve_within": "soon"}, "'soon' is no span"),
        ({**OWN, "says": "x"}, "write a list of tables"),
        ({**OWN, "says": [{"label": "x"}]}, "tables with label and words"),
        ({**OWN, "says": [{"label": "x", "words": "y"}]}, "x: write lists of texts"),
    ],
)
def test_schemes_that_cannot_be_are_named(scheme: Any, said: str) -> None:
    """One clear line with the section."""
    with pytest.raises(Fault, match=said):
        firm_host({"complaints": {"scheme": scheme}})


def test_without_a_scheme_any_text_will_do(admin: Session) -> None:
    """The pack is switched on by the firm."""
    made = admin.add("complaint", subject="Slow")
    admin.move("complaint", made.id, "INVESTIGATING")
    sent: Any = admin.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "Sorry."})
    assert sent.status == "FINAL_RESPONSE"
