"""Erasing the personal data of a person, after he who does it has read how much and typed it."""

from __future__ import annotations

from collections.abc import Sequence

from crmkit.core.erasure import Reach, counted
from crmkit.core.session import Session
from crmkit.tui.screens.working import Target, WorkScreen

WORD = "erase"


def ask_to_erase(screen: WorkScreen, target: Target) -> None:
    """Ask for the word, and erase; the screen is told as of any other change."""
    entity, id = target
    if not screen.may(entity, "erase"):
        return

    def work(session: Session) -> str:
        done = session.erase(entity, id)
        return f"erased in {counted(session.model, done.records)}; backups keep it"

    def answer(text: str) -> str | None:
        if text.strip().casefold() != WORD:
            return f"type {WORD} to go on; esc leaves everything as it is"
        screen.write(work, screen.done)
        return None

    def asked(found: tuple[Reach, Sequence[str]]) -> None:
        reach, linked = found
        what = counted(screen.desk.model, reach.records)
        told = f"This erases all that is personal, for good, in {what} and in the journal."
        if linked:
            told += f" It does not cover what it points at: {', '.join(linked)}."
        screen.question("erase", f"Type {WORD} to go on: ", answer, told=told)

    def look(session: Session) -> tuple[Reach, Sequence[str]]:
        reach = session.erasable(entity, id)
        titles = session.titles(reach.linked)
        return reach, [f"{name} {number} {titles[name, number]}" for name, number in reach.linked]

    screen.ask(look, asked)
