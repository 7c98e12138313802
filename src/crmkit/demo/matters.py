"""What a law firm's days are about: practice areas, matters, and what people write of them."""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class Practice(NamedTuple):
    """A practice area: its name, its department, and the matters that it brings."""

    name: str
    department: str
    matters: tuple[str, ...]


def _practice(name: str, department: str, matters: str) -> Practice:
    return Practice(name, department, tuple(matters.split("|")))


BUSINESS = (
    _practice(
        "Commercial property", "Estates",
        "Lease renewal|Purchase of a warehouse|Sale and leaseback|Head office lease|"
        "Boundary dispute|Planning appeal|Service charge dispute",
    ),
    _practice(
        "Employment", "People",
        "Redundancy consultation|Unfair dismissal claim|Staff handbook review|"
        "Director's service agreement|Settlement agreement|Transfer of staff",
    ),
    _practice(
        "Corporate", "Board",
        "Management buy-out|Share purchase|Shareholders' agreement|Group reorganisation|"
        "Sale of a subsidiary|Joint venture",
    ),
    _practice(
        "Commercial contracts", "Procurement",
        "Supply agreement|Terms of business|Distribution agreement|Franchise agreement|"
        "Outsourcing contract|Agency dispute",
    ),
    _practice(
        "Intellectual property", "Product",
        "Trade mark filing|Licence agreement|Patent infringement claim|Brand protection|"
        "Design right dispute",
    ),
    _practice(
        "Data protection", "Compliance",
        "Privacy audit|Data breach response|Processor agreements|Access request",
    ),
    _practice(
        "Dispute resolution", "Legal",
        "Debt recovery|Breach of contract claim|Arbitration|Professional negligence claim|"
        "Insurance coverage dispute",
    ),
    _practice(
        "Banking and finance", "Finance",
        "Loan facility|Refinancing|Asset finance|Security review",
    ),
    _practice(
        "Tax", "Finance",
        "Tax enquiry|Share option scheme|Cross-border structure|VAT appeal",
    ),
)  # fmt: skip
PRIVATE = (
    _practice(
        "Wills and estates",
        "",
        "Will and lasting power of attorney|Probate|Contested will|Family trust",
    ),
    _practice("Family", "", "Divorce settlement|Prenuptial agreement|Child arrangements|Adoption"),
    _practice(
        "Residential property",
        "",
        "House purchase|Sale of a flat|Lease extension|Right of way dispute",
    ),
    _practice("Immigration", "", "Skilled worker visa|Settlement application|Visa appeal"),
    _practice("Personal injury", "", "Accident at work|Clinical negligence claim"),
)

SOURCES = (
    "Referral", "Referral", "Referral", "Website", "Website", "LinkedIn", "Event", "Email",
    "Cold Call", "Other",
)  # fmt: skip
LOST_REASONS = (
    "Chose another firm", "Fee estimate too high", "Conflict of interest", "Settled it themselves",
    "No budget this year", "Outside what we do", "Never came back to us", "In-house team took it",
    "Matter fell away", "Too small for us",
)  # fmt: skip
COMPETITORS = (
    "Thornquill & Vane", "Maddox Ferrier", "Peverell Strand", "Bannister Oake", "Lockhart Mayne",
)  # fmt: skip
JOB_TITLES = (
    "Managing director", "Finance director", "Operations director", "General counsel",
    "Company secretary", "Head of people", "Head of procurement", "Estates manager",
    "Compliance officer", "Office manager", "Legal counsel", "Chief executive", "Chair",
    "Product manager", "Contracts manager", "Executive assistant", "Trustee", "IT manager",
)  # fmt: skip

_OPENINGS = (
    "Needs advice on {matter}.", "Asked about {matter} and what it would cost.",
    "Wrote to us about {matter}.", "Met at a seminar; {matter} came up.",
    "Recommended by a client who had us for {matter}.", "Looking for a new firm for {matter}.",
    "Rang about {matter}; wants to move before the end of the quarter.",
)  # fmt: skip
_REMARKS = (
    "Prefers a fixed fee.", "Wants a partner on the first call.", "Best reached before ten.",
    "Documents are promised for next week.", "The other side has already instructed somebody.",
    "The board meets at the end of the month.", "No conflict found so far.",
    "Sensitive: nothing by e-mail, please.", "Has had two quotes already.",
    "Would rather meet in person.", "Deadline is firm.", "Speaks French as well as English.",
    "Asked for two references.", "Send our terms before the call.",
)  # fmt: skip
_PARTY_REMARKS = (
    "Pays on time.", "Invoices go to the accounts office.", "Likes a summary on one page.",
    "Long-standing relationship; keep the tone informal.", "Prefers calls in the afternoon.",
    "Invited to the summer reception.", "Holds our terms of business, signed.",
    "New contact since the reorganisation.", "Interested in our employment law breakfasts.",
    "Identity documents are on file.", "Would like a review every January.",
)  # fmt: skip
_PARTY_SHARE = 0.3

KINDS = ("CALL", "CALL", "CALL", "EMAIL", "EMAIL", "MEETING", "TASK", "TASK")
_SUBJECTS = {
    "CALL": ("Call back about {matter}", "First call: {matter}", "Ring to agree the next step",
             "Call about the fee estimate", "Return the missed call"),
    "EMAIL": ("Send engagement letter: {matter}", "Send fee estimate for {matter}",
              "Write with questions on {matter}", "Send our terms of business",
              "Chase the signed papers"),
    "MEETING": ("Meeting on {matter}", "Lunch", "Review meeting", "Visit the site",
                "Meet counsel about {matter}"),
    "TASK": ("Run the conflict check", "Check identity documents", "Draft papers: {matter}",
             "Prepare a budget for {matter}", "Update the file", "Review the draft: {matter}"),
}  # fmt: skip
_OUTCOMES = {
    "CALL": ("Left a message with the assistant.", "Spoke for ten minutes; wants a quote.",
             "Agreed to meet next week.", "Not ready yet; call again next month.",
             "Confirmed the instructions."),
    "EMAIL": ("Sent; acknowledged the same day.", "Replied with two questions.",
              "Signed copy came back.", "No answer yet; will ring instead."),
    "MEETING": ("Went well; proposal to follow.", "They brought the finance director along.",
                "Agreed the scope and the fee.", "Moved on to the other side's offer."),
    "TASK": ("Done, nothing to report.", "Clear: no conflict.", "Filed.",
             "Draft went to the partner.", "Done; one point to raise at the next meeting."),
}  # fmt: skip


def practice(dice: Random, private: bool) -> Practice:
    """Return a practice area, of those for people or of those for organisations."""
    return dice.choice(PRIVATE if private else BUSINESS)


def in_sentence(matter: str) -> str:
    """Return a matter as it stands within a sentence; abbreviations keep their capitals."""
    return matter if matter[1:2].isupper() else matter[:1].lower() + matter[1:]


def enquiry(dice: Random, matter: str) -> str:
    """Return what was noted of an enquiry about a matter."""
    opening = dice.choice(_OPENINGS).replace("{matter}", in_sentence(matter))
    return f"{opening} {dice.choice(_REMARKS)}" if dice.random() < 0.7 else opening


def remark(dice: Random) -> str:
    """Return a remark on a party; mostly there is none."""
    return dice.choice(_PARTY_REMARKS) if dice.random() < _PARTY_SHARE else ""


def subject(dice: Random, kind: str, matter: str) -> str:
    """Return the subject of an action of a kind."""
    return dice.choice(_SUBJECTS[kind]).replace("{matter}", in_sentence(matter))


def outcome(dice: Random, kind: str) -> str:
    """Return what came of an action of a kind."""
    return dice.choice(_OUTCOMES[kind])
