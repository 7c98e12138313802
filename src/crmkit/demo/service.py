"""Made-up service: complaints, and what clients think of the work."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from crmkit.demo import matters
from crmkit.demo.team import MANAGERS, any_of
from crmkit.demo.world import World

CURRENCY = "GBP"
_COMPLAINTS = (
    ("No answer for weeks", "Communication"), ("Nobody returns calls", "Communication"),
    ("The matter takes too long", "Delay"), ("A deadline was missed", "Delay"),
    ("The bill is higher than agreed", "Costs"), ("Charged twice for one letter", "Costs"),
    ("Advice changed without a reason", "Advice"), ("Papers sent to the wrong address",
                                                    "Confidentiality"),
    ("Was kept waiting without a word", "Conduct"),
)  # fmt: skip
_CAUSES = ("Workload", "Process", "Training", "Misunderstanding", "Third party")
_REMEDIES = ("Explanation", "Apology", "Apology", "Fee reduction", "Compensation", "None")
_SEVERITIES = ("LOW",) * 3 + ("MEDIUM",) * 5 + ("HIGH",) * 2 + ("CRITICAL",)
_OUTCOMES = ("Upheld", "Partly upheld", "Not upheld")
_UNDER_WAY = ("RECEIVED", "ACKNOWLEDGED", "INVESTIGATING", "INVESTIGATING", "FINAL_RESPONSE")
_SCORES = (10,) * 7 + (9,) * 6 + (8,) * 5 + (7,) * 3 + (6, 5, 4, 3, 1)
_COMMENTS = {
    9: ("Quick, clear and kind.", "We knew where we stood at any time.", ""),
    7: ("All in order.", "Good work, slow answers.", ""),
    0: ("We had to ask three times.", "The bill was a surprise.", "It took far too long."),
}


def complaint(world: World, number: int) -> dict[str, Any]:
    """Return a complaint of a client: those of the last weeks are still open."""
    dice = world.dice("complaint", number)
    received = world.created("complaint", number)
    age = (world.today - received.date()).days
    subject, category = dice.choice(_COMPLAINTS)
    resolved = age > 50 or (age > 20 and dice.random() < 0.6)
    status = "RESOLVED" if resolved else dice.choice(_UNDER_WAY)
    answered = received + timedelta(hours=dice.randrange(2, 60))
    last = received + timedelta(days=min(dice.randrange(5, 60), max(1, age - 1)))
    clients = world.counts["client"]
    sent = status in ("RESOLVED", "FINAL_RESPONSE")
    working = status not in ("RECEIVED", "ACKNOWLEDGED")
    return {
        "subject": subject,
        "complainant": ("client", 1 + dice.randrange(clients)) if clients else None,
        "matter": f"M-{received.year}-{number:04}",
        "status": status,
        "severity": dice.choice(_SEVERITIES),
        "owner": any_of(MANAGERS, dice) if working or dice.random() < 0.5 else None,
        "category": category,
        "service": matters.practice(dice, dice.random() < 0.4).name,
        "root_cause": dice.choice(_CAUSES) if resolved else "",
        "channel": dice.choice(("E-mail", "E-mail", "Phone", "Post", "Web")),
        "received_at": received,
        "acknowledged_at": answered if status != "RECEIVED" else None,
        "responded_at": answered if working else None,
        "final_at": max(last, answered) if status == "FINAL_RESPONSE" else None,
        "resolved_at": max(last, answered) if resolved else None,
        "outcome": dice.choice(_OUTCOMES) if resolved else "",
        "remedy": [(dice.choice(_REMEDIES), "", True)] if resolved else [],
        "final_response": "We are sorry, and have put it right." if sent else "",
        "created_at": received,
        "moved_at": max(last, answered) if resolved else received,
    }


def satisfaction(world: World, number: int) -> dict[str, Any]:
    """Return what a client answered, or a request of the last days."""
    dice = world.dice("satisfaction", number)
    asked = world.created("satisfaction", number)
    answered = asked + timedelta(days=dice.randrange(1, 9))
    clients = world.counts["client"]
    client = 1 + dice.randrange(clients) if clients else 0
    status = "ANSWERED" if dice.random() < 0.7 else "UNANSWERED"
    if answered >= world.midnight:
        status = "REQUESTED"
    nps = dice.choice(_SCORES)
    said = status == "ANSWERED"
    return {
        "client": client or None,
        "respondent": "" if client else "Somebody",
        "contact": world.client_contact(client) if client else None,
        "matter": f"M-{asked.year}-{dice.randrange(1, 900):04}",
        "status": status,
        "account_manager": any_of(MANAGERS, dice),
        "asked_on": asked.date(),
        "answered_on": answered.date() if said else None,
        "nps": nps if said else None,
        "csat": max(1, min(5, (nps + 1) // 2)) if said and dice.random() < 0.6 else None,
        "communication": max(1, min(5, nps // 2)) if said and dice.random() < 0.3 else None,
        "outcome": max(1, min(5, (nps + 1) // 2)) if said and dice.random() < 0.3 else None,
        "comment": _comment(dice, nps) if said else "",
        "created_at": asked,
        "moved_at": answered if status != "REQUESTED" else asked,
    }


def _comment(dice: Random, nps: int) -> str:
    return dice.choice(next(said for least, said in _COMMENTS.items() if nps >= least))
