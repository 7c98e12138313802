"""The firm's day in a real terminal, with keys alone: from a claim to a satisfied client."""

from __future__ import annotations

from tests.acceptance.conftest import PROGRAM
from tests.acceptance.terminal import Terminal


def test_a_lead_is_made_claimed_talked_to_and_converted(firm, env) -> None:
    """Seeds of the pipeline: new, next call, note, claim, own, convert, and back with undo."""
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        t.press("g", "l")
        t.wait("Leads", "Ann Other")
        t.press("n")
        t.wait("New lead")
        t.type("Ida Moss")
        t.press("tab")
        t.type("Moss Ltd")
        t.press("ctrl+s")
        t.wait("fill in a phone number or an e-mail address")
        t.press("escape")
        t.wait("Save before leaving?")
        t.type("n")
        t.wait("New lead", gone=True)

        # A lead goes back to the pool, is claimed, taken over, and a note is logged.
        t.press("2")
        t.wait("[2 Mine]", "Ann Other")
        t.press("r")
        t.wait("✓ Release")
        t.press("3")
        t.wait("[3 Unassigned]", "Ann Other")
        t.press("c")
        t.wait("✓ Claim")
        t.press("7")
        t.wait("[7 Claimed]", "claimed by")
        t.press("o")
        t.wait("✓ Take ownership")
        t.press("2")
        t.wait("[2 Mine]", "Ann Other")
        t.press("w")
        t.wait("What happened")
        t.type("Wants a will")
        t.press("enter")
        t.wait("Log what happened")

        # It is converted on a form, and undone.
        t.press("C")
        t.wait("Convert to client", "Kind of client")
        t.press("ctrl+s")
        t.wait("✓ Convert to client")
        t.press("g", "k")
        t.wait("Clients", "1/1")
        t.press("u")
        t.wait("undone: Convert to client")
        t.press("ctrl+q")
        assert t.ended() == 0


def test_a_meeting_a_complaint_and_a_score(firm, env) -> None:
    """The other three of the day, each from its list, and the report."""
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        t.press("g", "i")
        t.wait("Complaints")
        t.press("n")
        t.wait("New complaint")
        t.type("No answer for weeks")
        t.press("ctrl+s")
        t.wait("saved No answer for weeks", "acknowledge in")
        t.press("x")
        t.wait("Log a message")
        t.type("We are on it")
        t.press("ctrl+s")
        t.wait("Log a message")
        t.press("m", "3")
        t.wait("→ INVESTIGATING")
        t.press("D")
        t.wait("Why delete")
        t.press("escape")
        t.wait("Why delete", gone=True)

        t.press(":")
        t.type("agenda")
        t.press("enter")
        t.wait("Consultations: week")
        t.press("escape")
        t.wait("Consultations: week", gone=True)

        t.press("g", "r")
        t.wait("Reports", "Client satisfaction")
        t.press("escape")
        t.wait("Client satisfaction", gone=True)
        t.press(":")
        t.type("report complaints")
        t.press("enter")
        t.wait("Complaints", "Open")
        t.press("ctrl+q")
        assert t.ended() == 0


def test_a_twin_is_met_a_meeting_is_held_and_a_score_recorded(firm, env) -> None:
    """The prompt for the same e-mail, a booking with its outcome, a request with its answer."""
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        for last, email in (("Ash", "jo@ash.example"), ("Ashe", "JO@ash.example")):
            t.press("g", "c")
            t.wait("Contacts")
            t.press("n")
            t.wait("New contact")
            t.press("tab")
            t.type("Jo")
            t.press("tab")
            t.type(last)
            t.press("tab", "tab", "tab", "tab", "tab")
            t.type(email)
            t.press("ctrl+s")
            if last == "Ashe":
                t.wait("same e-mail")
                t.press("a")
            t.wait(f"saved Jo {last}")

        t.press("g", "n")
        t.wait("Consultations")
        t.press("n")
        t.wait("New consultation")
        t.type("contact:1")
        t.press("ctrl+s")
        t.wait("saved")
        t.press("/", "ctrl+u")
        t.press("enter")
        t.wait("Requested")
        t.press("B")
        t.wait("Starts")
        t.type("tomorrow 15:00")
        t.press("ctrl+s")
        t.wait("✓ Book")
        t.press("x")
        t.wait("Outcome")
        t.type("Decline")
        t.press("ctrl+s")
        t.wait("✓ Held")

        t.press("g", "k")
        t.wait("Clients")
        t.press("n")
        t.wait("New client")
        t.type("Ash plc")
        t.press("ctrl+s")
        t.wait("saved Ash plc")
        t.press("Q")
        t.wait("Ask how satisfied they are")
        t.press("ctrl+s")
        t.wait("✓ Ask how satisfied they are")
        t.press("g", "f")
        t.wait("Satisfaction scores", "Ash plc")
        t.press("x")
        t.wait("Record the answer")
        t.type("9")
        t.press("ctrl+s")
        t.wait("✓ Record the answer")
        t.press("ctrl+q")
        assert t.ended() == 0
