"""Consultations: booked without overlap, held with what follows, missed, and in calendars."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmkit.api import Item, Link, Money, Role
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, Detour, Invalid, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock, Login
from tests.core.plugin_maker import firm_crm

THREE = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def prospect(admin: Session) -> Any:
    return admin.add("prospect", name="Ida Moss", phone="+442079460000")


def booked(session: Session, starts: datetime = THREE, **more: Any) -> Any:
    values = {"type": "First meeting", "status": "BOOKED", "starts_at": starts}
    return session.add("consultation", values | more)


def test_a_request_is_booked_confirmed_and_held(admin: Session, prospect: Any) -> None:
    """Its length is the usual one, unless it is said; the outcome is asked for."""
    made = admin.add("consultation", who=Link("prospect", prospect.id))
    with pytest.raises(Invalid, match="starts_at"):
        admin.run("consultation.book", made.id)
    found = admin.run("consultation.book", made.id, {"starts_at": THREE})
    assert (found.status, found.minutes, found.ends_at) == ("BOOKED", 60, THREE + HOUR)
    admin.run("consultation.confirm", made.id)
    with pytest.raises(Detour):
        admin.move("consultation", made.id, "HELD")
    with pytest.raises(Invalid, match="outcome"):
        admin.run("consultation.hold", made.id)
    held = admin.run("consultation.hold", made.id, {"outcome": "DECLINE", "result": "No case."})
    assert (held.status, held.outcome, held.result) == ("HELD", "DECLINE", "No case.")
    with pytest.raises(Refused):
        admin.run("consultation.cancel", made.id, {"reason": "x"})


@pytest.mark.parametrize(
    ("starts", "minutes", "clash"),
    [
        (THREE, 60, True), (THREE + HOUR / 2, 60, True), (THREE - HOUR / 2, 31, True),
        (THREE - HOUR, 180, True), (THREE + HOUR / 4, 5, True),
        (THREE + HOUR, 60, False), (THREE - HOUR, 60, False),
    ],
)  # fmt: skip
def test_nobody_is_booked_twice_at_once(
    admin: Session, starts: datetime, minutes: int, clash: bool
) -> None:
    """The other one is named; back to back is well, and so is somebody else's."""
    first = booked(admin)
    other = admin.add("user", name="kim")
    booked(admin, starts, minutes=minutes, owner=other.id)
    if not clash:
        booked(admin, starts, minutes=minutes)
        return
    with pytest.raises(Invalid, match=f"ada has consultation {first.id}, First meeting, "
                                      "2026-11-24 15:00 to 16:00"):  # fmt: skip
        booked(admin, starts, minutes=minutes)
    admin.run("consultation.cancel", first.id, {"reason": "ill"})
    booked(admin, starts, minutes=minutes)


def test_of_two_bookings_at_the_same_moment_one_wins(crm: Crm, admin: Session) -> None:
    """Two writers that cannot see each other are let in one after the other."""
    start = threading.Barrier(2)
    lost: list[str] = []

    def book() -> None:
        session = crm.session("ada", "test")
        start.wait()
        try:
            booked(session)
        except Invalid as error:
            lost.append(str(error))

    threads = [threading.Thread(target=book) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (admin.count("consultation"), len(lost)) == (1, 1)


def test_it_goes_on_as_a_lead_in_one_commit(admin: Session, prospect: Any) -> None:
    """The lead and the follow-up come of it; undo takes all of it back."""
    made = booked(admin, who=Link("prospect", prospect.id))
    held = admin.run(
        "consultation.hold", made.id,
        {"outcome": "LEAD", "result": "A will.", "follow_up": "Send terms"},
    )  # fmt: skip
    (lead,) = admin.find("lead").records
    assert (lead.title, lead.phone, held.who) == (  # type: ignore[attr-defined]
        "Ida Moss", "+442079460000", Link("lead", lead.id),
    )  # fmt: skip
    (done,) = admin.find("action", "is:won")
    (planned,) = admin.find("action", "is:open")
    assert (done.title, planned.title) == ("First meeting", "Send terms")
    assert done.outcome == "Go on as lead. A will."  # type: ignore[attr-defined]
    assert done.about == planned.about == Link("lead", lead.id)  # type: ignore[attr-defined]
    assert lead.last_activity == admin.now  # type: ignore[attr-defined]
    assert admin.undo().left == []
    assert admin.count("lead") == admin.count("action") == 0
    assert admin.get("consultation", made.id).who == Link("prospect", prospect.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize("entity", ["lead", "prospect", "contact"])
def test_it_goes_on_as_a_client(admin: Session, prospect: Any, entity: str) -> None:
    """A lead by its conversion; others become the client themselves."""
    made = {
        "lead": lambda: admin.add("lead", name="Ida Moss", phone="+442079460000"),
        "prospect": lambda: prospect,
        "contact": lambda: admin.add("contact", first_name="Ida", last_name="Moss"),
    }[entity]()
    meeting = booked(admin, who=Link(entity, made.id))
    held = admin.run("consultation.hold", meeting.id, {"outcome": "CLIENT"})
    (client,) = admin.find("client").records
    assert held.who == Link("client", client.id)
    assert client.title == "Ida Moss"
    if entity == "lead":
        assert admin.get("lead", made.id).status == "CONVERTED"  # type: ignore[attr-defined]


def test_when_nobody_came_a_call_is_planned_unless_declined(admin: Session, prospect: Any) -> None:
    """The proposal stands in the form, within an open hour."""
    made = booked(admin, who=Link("prospect", prospect.id))
    values, _ = admin.propose("consultation.no_show", made.id)
    proposed = {"follow_up": "Nobody came: offer Ida Moss another time", "due": TEN}
    assert values == proposed
    admin.run("consultation.no_show", made.id)
    (action,) = admin.find("action").records
    assert {"follow_up": action.title, "due": action.due} == proposed  # type: ignore[attr-defined]
    assert action.about == Link("prospect", prospect.id)  # type: ignore[attr-defined]
    other = booked(admin, THREE + 2 * HOUR)
    admin.run("consultation.no_show", other.id, {"plan": False})
    assert admin.count("action") == 1


def test_the_badge_tells_the_time(admin: Session, clock: Clock) -> None:
    """Before, in the last hour, during, and when the outcome is missing."""
    made = booked(admin, clock.now + 2 * HOUR)
    found = []
    for hours in (0, 1.5, 1, 1):
        clock.advance(hours=hours)
        (tag,) = admin.badges(admin.get("consultation", made.id))
        found.append((tag.text, tag.tone))
    assert found == [("in 2 h", "quiet"), ("in 30 min", "warn"), ("now", "good"),
                     ("outcome?", "bad")]  # fmt: skip


def test_what_one_may_not_see_has_no_consultations(
    admin: Session, login: Login, prospect: Any
) -> None:
    """Another's lead hides its consultation; one without anybody is there; a guest sees none."""
    lead = admin.add("lead", name="Secret", phone="+442079460000")
    booked(admin, who=Link("lead", lead.id))
    booked(admin, THREE + HOUR)
    sue = login("sue", "crm_supervisor")
    assert [m.who for m in sue.find("consultation")] == [None]  # type: ignore[attr-defined]
    with pytest.raises(Denied):
        login("gus", "guest").count("consultation")
    with pytest.raises(Denied):
        login("kim", "crm_worker").add("consultation", type="Advice")


def test_the_report_counts_what_came_of_them(admin: Session, prospect: Any) -> None:
    """A no-show that is held later stays one: the rate is of all times that somebody waited."""
    who = Link("prospect", prospect.id)
    ends = ("LEAD", "CLIENT", "DECLINE", "", "")
    for n, outcome in enumerate(ends):
        made = booked(admin, THREE + n * HOUR, who=who)
        if outcome != "DECLINE":
            admin.run("consultation.no_show", made.id, {"follow_up": ""})
        if outcome:
            if outcome != "DECLINE":
                admin.run("consultation.rebook", made.id, {"starts_at": THREE - (n + 1) * HOUR})
            admin.run("consultation.hold", made.id, {"outcome": outcome})
    (row,) = admin.report("consultations", by="owner").rows
    assert {k: row[k] for k in ("count", "held", "no_show", "open", "cancelled")} == {
        "count": 5, "held": 3, "no_show": 4, "open": 0, "cancelled": 0,
    }  # fmt: skip
    rates = (row["no_show_rate"], row["went_on"], row["conversion"])
    assert rates == (57.14, 66.67, 33.33)
    by_outcome = {r["outcome"]: r["count"] for r in admin.report("consultations").rows}
    assert by_outcome == {
        "(none)": 2, "Go on as lead": 1, "Go on as client": 1, "Decline": 1,
    }  # fmt: skip
    assert len(admin.report("consultations", "status:HELD", by="status").rows) == 1


def test_who_was_there_late_did_come(admin: Session) -> None:
    """Held after all, a no-show is none."""
    made = booked(admin)
    admin.run("consultation.no_show", made.id)
    held = admin.run("consultation.hold", made.id, {"outcome": "REFER"})
    assert held.no_shows == 0


def test_a_missed_or_cancelled_one_is_booked_anew(admin: Session) -> None:
    """It needs a new time, has no reason any more, and counts as a booking again."""
    made = booked(admin)
    admin.run("consultation.cancel", made.id, {"reason": "ill"})
    with pytest.raises(Invalid, match="say the new time"):
        admin.run("consultation.rebook", made.id)
    with pytest.raises(Refused, match="does not apply"):
        admin.run("consultation.hold", made.id, {"outcome": "REFER"})
    again = admin.run("consultation.rebook", made.id, {"starts_at": THREE + HOUR, "minutes": 30})
    assert (again.status, again.reason) == ("BOOKED", "")
    assert again.ends_at == THREE + 1.5 * HOUR
    with pytest.raises(Invalid, match=f"ada has consultation {made.id}"):
        booked(admin, THREE + HOUR)


def test_what_was_held_is_taken_back_by_its_own_command_only(admin: Session) -> None:
    """No move leads out of it, and its outcome goes."""
    made = booked(admin)
    admin.run("consultation.hold", made.id, {"outcome": "REFER"})
    with pytest.raises(Detour):
        admin.move("consultation", made.id, "BOOKED")
    back = admin.run("consultation.reopen", made.id)
    assert (back.status, back.outcome) == ("BOOKED", "")


@pytest.mark.parametrize("way", ["owner", "starts_at", "minutes", "status"])
def test_no_edit_leads_to_two_at_once(admin: Session, login: Login, way: str) -> None:
    """Whichever value would make the overlap; other edits are free."""
    kim = login("kim", "account_manager")
    booked(admin)
    other = {
        "owner": lambda: booked(admin, owner=kim.actor.id),
        "starts_at": lambda: booked(admin, THREE + HOUR),
        "minutes": lambda: booked(admin, THREE - HOUR),
        "status": lambda: booked(admin, status="REQUESTED"),
    }[way]()
    with pytest.raises(Invalid, match="ada has consultation"):
        if way == "status":
            admin.move("consultation", other.id, "BOOKED")
        else:
            new = {"owner": admin.actor.id, "starts_at": THREE, "minutes": 61}[way]
            admin.set("consultation", other.id, {way: new})
    admin.set("consultation", other.id, {"notes": "Brings papers"})


def test_neither_restoring_nor_adding_several_makes_two_at_once(admin: Session) -> None:
    """What was deleted has lost its time; those added together are compared with each other."""
    first = booked(admin)
    admin.delete("consultation", first.id)
    booked(admin)
    with pytest.raises(Invalid, match="ada has consultation"):
        admin.restore("consultation", first.id)
    row = {"status": "BOOKED", "starts_at": THREE + HOUR}
    with pytest.raises(Invalid, match="ada has consultation"), admin.transaction() as unit:
        unit.add_many("consultation", [row, row])


def test_the_other_booking_is_named_only_to_who_may_read_it(admin: Session, login: Login) -> None:
    """It is refused all the same."""
    lead = admin.add("lead", name="Secret", phone="+442079460000")
    first = booked(admin, who=Link("lead", lead.id), subject="Secret matter")
    sue = login("sue", "crm_supervisor")
    with pytest.raises(Invalid) as refused:
        booked(sue, owner=admin.actor.id)
    assert f"ada has consultation {first.id} 2026-11-24 15:00 to 16:00" in str(refused.value)


def test_bookings_from_a_file_that_overlap_are_reported(admin: Session) -> None:
    """History that is over may overlap; what is still booked may not."""
    rows = [
        {"status": "HELD", "outcome": "REFER"}, {"status": "HELD", "outcome": "REFER"},
        {"status": "BOOKED"}, {"status": "CONFIRMED"},
    ]  # fmt: skip
    with admin.transaction() as unit:
        unit.lenient = True
        model = unit.model.entity("consultation")
        given = [
            {model.field(k): v for k, v in (row | {"owner": 1, "starts_at": THREE}).items()}
            for row in rows
        ]
        for values in given[:3]:
            unit.draft(model, values)
        with pytest.raises(Invalid, match="has another row of the file, Consultation, 2026-11-24"):
            unit.draft(model, given[3])


def test_a_contact_who_is_a_client_already_goes_on_as_that_one(admin: Session) -> None:
    """A client that was only prospective becomes active; no second one is made."""
    contact = admin.add("contact", first_name="Ida", last_name="Moss")
    client = admin.add("client", name="Moss", primary_contact=contact.id, status="PROSPECT")
    made = booked(admin, who=Link("contact", contact.id))
    held = admin.run("consultation.hold", made.id, {"outcome": "CLIENT"})
    assert held.who == Link("client", client.id)
    assert admin.get("client", client.id).status == "ACTIVE"  # type: ignore[attr-defined]
    assert admin.count("client") == 1


def test_an_organisation_becomes_a_company_and_names_its_origin(admin: Session) -> None:
    """With its account and its person."""
    bow = admin.add("account", name="Bow & Sons Ltd")
    ida = admin.add("contact", first_name="Ida", last_name="Moss")
    firm = admin.add("prospect", name="Bow", account=bow.id, contact=ida.id, email="i@bow.example")
    made = booked(admin, who=Link("prospect", firm.id))
    admin.run("consultation.hold", made.id, {"outcome": "CLIENT"})
    (client,) = admin.find("client").records
    found: Any = client
    assert (found.name, found.kind, found.account, found.primary_contact) == (
        "Bow & Sons Ltd", "COMPANY", bow.id, ida.id,
    )  # fmt: skip
    assert found.origin == Link("consultation", made.id)


def test_a_client_with_new_work_goes_on_as_a_lead_of_its_own(admin: Session, login: Login) -> None:
    """The lead is the holder's, whoever says what came of it."""
    kim = login("kim", "account_manager")
    client = admin.add("client", name="Bow Ltd", phone=(Item("+442079460000"),))
    made = booked(admin, who=Link("client", client.id), owner=kim.actor.id)
    admin.run("consultation.hold", made.id, {"outcome": "LEAD"})
    (lead,) = admin.find("lead").records
    found: Any = lead
    assert (found.name, found.company, found.client, found.owner, found.status) == (
        "Bow Ltd", "Bow Ltd", client.id, kim.actor.id, "CONTACTED",
    )  # fmt: skip


def test_who_cannot_be_reached_makes_no_lead(admin: Session) -> None:
    """Nothing is changed, and what to do is said."""
    ida = admin.add("contact", first_name="Ida", last_name="Moss")
    made = booked(admin, who=Link("contact", ida.id))
    with pytest.raises(Refused, match=f"Ida Moss has no phone .* crmkit contact set {ida.id}"):
        admin.run("consultation.hold", made.id, {"outcome": "LEAD"})
    with pytest.raises(Refused, match="Say first with whom"):
        admin.run("consultation.hold", booked(admin, THREE + HOUR).id, {"outcome": "LEAD"})
    assert admin.get("consultation", made.id).status == "BOOKED"  # type: ignore[attr-defined]


def test_known_leads_and_clients_are_proposed(admin: Session, prospect: Any) -> None:
    """The likeliest first, with the reason."""
    lead = admin.add("lead", name="Moss, Ida", phone="+442079460000")
    made = booked(admin, who=Link("prospect", prospect.id))
    values, matches = admin.propose("consultation.hold", made.id)
    assert [m.id for m in matches["lead"]] == [lead.id]
    assert matches["lead"][0].reasons
    assert values == {"result": "", "fee_status": ""}


def test_making_a_client_needs_the_grants_of_making_it(database_url: str, clock: Clock) -> None:
    """The command's own grant is for the consultation and its actions, not for clients."""
    grants = ("consultation.read", "consultation.hold", "prospect.read")
    crm = firm_crm(database_url, clock, crm_policy=[Role("host", grants)])
    ada = crm.session("ada")
    ada.add("user", name="lee", roles=(Item("host"),))
    moss = ada.add("prospect", name="Ida Moss", phone="+442079460000")
    made = booked(ada, who=Link("prospect", moss.id))
    lee = crm.session("lee")
    for outcome in ("LEAD", "CLIENT"):
        with pytest.raises(Denied, match=rf"{outcome.lower()}\.create is missing"):
            lee.run("consultation.hold", made.id, {"outcome": outcome})
    lee.run("consultation.hold", made.id, {"outcome": "DECLINE", "follow_up": "Write to them"})
    assert ada.count("action") == 2
    crm.store.close()


@pytest.mark.parametrize("status", ["AGREED", "CREDITED", "WAIVED"])
def test_a_fee_says_how_much_unless_it_is_waived(admin: Session, status: str) -> None:
    """A fee without a status is agreed."""
    if status == "WAIVED":
        assert booked(admin, fee_status=status).fee is None
    else:
        with pytest.raises(Invalid, match="say how much"):
            booked(admin, fee_status=status)
    fee = booked(admin, THREE + 2 * HOUR, fee=Money(15_000, "GBP"))
    assert fee.fee_status == "AGREED"


def test_actions_can_be_about_consultations(admin: Session) -> None:
    """They are listed with it."""
    made = booked(admin)
    admin.add("action", subject="Prepare", about=Link("consultation", made.id))
    assert admin.count("action", f"about:consultation:{made.id}") == 1
