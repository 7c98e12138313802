"""Complaints on the command line, from the first letter to the ombudsman."""

from __future__ import annotations

from tests.cli.conftest import Command, crm, firm, made, nowhere, shell

__all__ = ["crm", "firm", "made", "nowhere", "shell"]


def test_a_complaint_is_worked_through(crm: Command) -> None:
    """Received, answered, resolved, reopened, and taken to the ombudsman."""
    assert crm("client", "add", "name=Ash plc").code == 0
    crm("complaint", "add", "subject=Slow", "complainant=client:1", "severity=HIGH", "owner=")
    assert "owner" in crm("complaint", "move", "1", "INVESTIGATING").err
    crm("complaint", "set", "1", "owner=boss")
    assert crm("complaint", "move", "1", "INVESTIGATING").code == 0
    assert crm("complaint", "message", "1", "We look into it.").code == 0
    assert crm("complaint", "message", "1", "Thanks", "--received").code == 0
    assert "final_response" in crm("complaint", "move", "1", "FINAL_RESPONSE").err
    crm("complaint", "move", "1", "FINAL_RESPONSE", "final_response=Sorry")
    crm("complaint", "move", "1", "RESOLVED", "remedy=Apology", "compensation=250 GBP")
    crm("complaint", "move", "1", "REOPENED")
    crm("complaint", "move", "1", "ESCALATED", "third_party=Legal Ombudsman")
    (found,) = crm("complaint", "list", "complainant:client:1", "--format", "json").json
    assert (found["status"], found["third_party"]) == ("ESCALATED", "Legal Ombudsman")
    logged = crm("action", "list", "about:complaint:1", "--format", "json").json
    assert [a["subject"] for a in logged] == [
        "To complainant: We look into it.", "From complainant: Thanks",
    ]  # fmt: skip


def test_it_is_deleted_by_a_manager_who_says_why(crm: Command) -> None:
    """The reason is in the journal."""
    crm("complaint", "add", "subject=Slow")
    assert "complaint.delete" in crm("complaint", "delete", "1", by="supervisor").err
    assert "say why" in crm("complaint", "delete", "1", by="boss").err
    assert crm("complaint", "delete", "1", "--reason", "entered twice", by="boss").code == 0
    assert "entered twice" in crm("log", "--limit", "1").out


def test_the_figures_are_for_programs_too(crm: Command) -> None:
    """One object; with --by, a list of them."""
    crm("complaint", "add", "subject=Slow", "category=Delay")
    assert crm("report", "complaints", "--format", "json").json["open"] == 1
    (row,) = crm("report", "complaints", "--by", "category", "--format", "json").json
    assert (row["category"], row["count"], row["time_to_resolve"]) == ("Delay", 1, None)
