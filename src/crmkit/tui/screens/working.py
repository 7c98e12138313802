"""Work on records, the same on lists, boards, records and home: move, delete, command, copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crmkit.core.declare import Command
from crmkit.core.errors import CrmError, Detour, Invalid, Refused
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.words import UNCHANGED, a
from crmkit.tui.offers import refusal
from crmkit.tui.screens.base import CrmScreen
from crmkit.tui.screens.menu import Choice, MenuScreen

Target = tuple[str, int]


class WorkScreen(CrmScreen):
    """A screen with records to work on."""

    def targets(self) -> list[Target]:
        """Return the marked records, or the one under the cursor."""
        return []

    def entity_here(self) -> str:
        """Return the entity that `new` makes one of."""
        return self.targets()[0][0] if self.targets() else ""

    def active_scopes(self) -> tuple[str, ...]:
        """The entity's commands have keys of their own."""
        here = self.entity_here()
        return (*((f"entity.{here}",) if here else ()), *self.scopes, "global")

    def done(self, message: str) -> None:
        """Say what was done, and show it."""
        self.say(message, "won")
        self.desk.refresh()

    def _one_entity(self) -> tuple[str, list[int]]:
        targets = self.targets()
        entity = targets[0][0] if targets else ""
        return entity, [id for name, id in targets if name == entity]

    def may(self, entity: str, verb: str) -> bool:
        """Whether the actor may `verb` any record of the entity; says why not."""
        denied = refusal(self.desk.session, entity, verb)
        if denied:
            self.fail(denied)
        return denied is None

    # New, edit, open ---------------------------------------------------------------------------

    def do_new(self) -> None:
        """A new record, filled in from where one is."""
        if entity := self.entity_here():
            self.desk.open_form(entity, preset=self.preset(), saved=self.came_back)

    def preset(self) -> dict[str, str]:
        """Return the values that a new record begins with."""
        return {}

    def came_back(self, id: int) -> None:
        """React to a record that was saved in a form."""
        self.desk.refresh()

    def do_edit(self) -> None:
        """Edit the record."""
        for entity, id in self.targets()[:1]:
            self.desk.open_form(entity, id, saved=self.came_back)

    def do_follow_up(self) -> None:
        """A new action about the record."""
        for entity, id in self.targets()[:1]:
            if "action" not in self.desk.model.entities or entity == "action":
                self.say("there are no actions about this", "warning")
                return
            self.desk.open_form("action", preset={"about": f"{entity}:{id}"}, saved=self.came_back)

    def do_copy(self) -> None:
        """Copy the titles."""
        targets = self.targets()

        def copy(found: dict[Target, str]) -> None:
            self.app.copy_to_clipboard("\n".join(found[t] for t in targets))
            self.say(f"copied {len(targets)}" if len(targets) > 1 else "copied", "won")

        self.ask(lambda session: session.titles(targets), copy)

    def do_copy_link(self) -> None:
        """Copy entity and number."""
        self.app.copy_to_clipboard(" ".join(f"{e}:{i}" for e, i in self.targets()))
        self.say("copied", "won")

    # Moving ------------------------------------------------------------------------------------

    def do_move(self) -> None:
        """Choose the state to move to."""
        entity, ids = self._one_entity()
        if not ids or not self.may(entity, "move"):
            return
        flow = self.desk.model.entity(entity).flow
        if flow is None or flow.flow is None:
            self.say(f"{self.desk.model.entity(entity).plural} have no states", "warning")
            return
        choices = [
            Choice(s.code, f"{s.glyph} {s.label}".strip(), str(n))
            for n, s in enumerate(flow.flow.states, 1)
        ]

        def chosen(state: str | None) -> None:
            if state:
                self.move(entity, ids, state)

        self.app.push_screen(MenuScreen(self.desk, "Move to", choices), chosen)

    def do_carry_left(self) -> None:
        """Move to the state before."""
        self._carry(-1)

    def do_carry_right(self) -> None:
        """Move to the next state."""
        self._carry(1)

    def _carry(self, step: int) -> None:
        entity, ids = self._one_entity()
        if not ids or (flow := self.desk.model.entity(entity).flow) is None:
            return
        assert flow.flow is not None
        codes = flow.flow.codes()

        def where(session: Session) -> str:
            now = str(session.get(entity, ids[0]).get(flow))
            at = codes.index(now) + step if now in codes else 0
            return codes[at] if 0 <= at < len(codes) else ""

        self._move(entity, ids, where, {})

    def move(
        self, entity: str, ids: Sequence[int], state: str, values: dict[str, Any] | None = None
    ) -> None:
        """Move records; what a state requires is asked for, what refuses is said."""
        self._move(entity, ids, lambda _: state, values or {})

    def _move(
        self, entity: str, ids: Sequence[int], where: Callable[[Session], str],
        given: dict[str, Any],
    ) -> None:  # fmt: skip
        """Move records; where to is found out when those asked for before have been moved."""
        state = ""

        def work(session: Session) -> str:
            nonlocal state
            if not (state := where(session)):
                raise Refused("there is no further state on this side")
            with session.transaction() as unit:
                for id in ids:
                    moved = unit.move(entity, id, state, **given)
            plural = session.model.entity(entity).plural.lower()
            what = moved.title if len(ids) == 1 else f"{len(ids)} {plural}"
            return f"{what} → {state}" if unit.commit else UNCHANGED

        def failed(error: CrmError) -> None:
            missing = self._missing(entity, error)
            if isinstance(error, Detour):
                self.refused(ids, state)
                self.give(error.command.partition(".")[2], entity, list(ids), came)
            elif missing is None:
                self.refused(ids, state)
                self.fail(error)
            else:
                self._ask_missing(entity, list(ids), state, given, missing)

        def came(said: str) -> None:
            self.moved(ids, state)
            self.done(said)

        self.write(work, came, failed)

    def moved(self, ids: Sequence[int], state: str) -> None:
        """React to a move that was made."""

    def refused(self, ids: Sequence[int], state: str) -> None:
        """React to a move that was refused: the record stays where it is."""

    def _missing(self, entity: str, error: CrmError) -> Field | None:
        if not isinstance(error, Invalid):
            return None
        known = self.desk.model.entity(entity).by_key
        names = [n for n, why in error.problems.items() if n in known and "fill it in" in why]
        return known[names[0]] if names else None

    def _ask_missing(
        self, entity: str, ids: list[int], state: str, given: dict[str, Any], missing: Field
    ) -> None:
        def parsed(value: Any) -> None:
            self.move(entity, ids, state, {**given, missing.key: value})

        def answer(text: str) -> str | None:
            if not text.strip():
                return f"{missing.label} is needed to move to {state}"
            self.ask(
                lambda session: session.parse_field(entity, missing.key, text), parsed,
                lambda error: question(text, str(error)),
            )  # fmt: skip
            return None

        def question(text: str = "", problem: str = "") -> None:
            self.question("missing", f"{missing.label}: ", answer, text)
            self.prompt.fail(problem)

        question()

    # Commands ----------------------------------------------------------------------------------

    def do_run(self, name: str) -> None:
        """Give a command on the records."""
        entity, ids = self._one_entity()
        if ids:
            self.give(name, entity, ids)

    def give(
        self, name: str, entity: str, ids: list[int], done: Callable[[str], None] | None = None
    ) -> None:
        """Give a command on records; its parameters are asked for. Then `done` is told."""
        command = self.desk.model.entity(entity).command(name)
        if not self.may(entity, command.verb):
            return
        if command.form or command.prefill or command.proposals:
            from crmkit.tui.screens.command_form import CommandForm

            self.app.push_screen(CommandForm(self.desk, command, ids, done or self.done))
            return
        needed = [f for f in command.fields if f.required]
        self._next_parameter(command, ids, needed or list(command.fields[:1]), {})

    def _next_parameter(
        self, command: Command, ids: list[int], waiting: list[Field], texts: dict[str, str],
        problem: str = "",
    ) -> None:  # fmt: skip
        if not waiting:
            self._give(command, ids, texts)
            return
        f, rest = waiting[0], waiting[1:]

        def answer(text: str) -> str | None:
            if f.required and not text.strip():
                return f"{f.label} is needed"
            self.close_prompt()
            self._next_parameter(command, ids, rest, {**texts, f.name: text})
            return None

        optional = "" if f.required else " (enter for none)"
        before = texts.get(f.name, "")
        self.question(f"parameter.{f.name}", f"{f.label}{optional}: ", answer, before)
        self.prompt.fail(problem)

    def _give(self, command: Command, ids: list[int], texts: dict[str, str]) -> None:
        def work(session: Session) -> str:
            given = session.parse_params(command, {k: v for k, v in texts.items() if v})
            return run_on(session, command, ids, given)

        def failed(error: CrmError) -> None:
            problems = error.problems if isinstance(error, Invalid) else {}
            wrong = [f for f in command.fields if f.name in problems or f.key in problems]
            if wrong:
                why = problems.get(wrong[0].name) or problems[wrong[0].key]
                self._next_parameter(command, ids, wrong[:1], texts, why)
            else:
                self.fail(error)

        self.write(work, self.done, failed)

    # Deleting ----------------------------------------------------------------------------------

    def do_delete(self) -> None:
        """Delete the records, after a question."""
        entity, ids = self._one_entity()
        if not ids or not self.may(entity, "delete"):
            return
        model = self.desk.model.entity(entity)
        what = (
            f"{len(ids)} {model.plural.lower()}" if len(ids) > 1 else f"this {model.label.lower()}"
        )

        reason = ""

        def answer(text: str) -> str | None:
            if text.strip().casefold() in ("y", "yes"):
                self.write(work, self.done)
            return None

        def explained(text: str) -> str | None:
            nonlocal reason
            reason = text.strip()
            if not reason:
                return f"say why {what} is to be deleted; esc leaves it"
            self.write(work, self.done)
            return None

        def work(session: Session) -> str:
            with session.transaction() as unit:
                for id in ids:
                    unit.delete(entity, id, reason=reason)
            return f"deleted {what} (u brings it back)"

        def asked(_: None) -> None:
            if model.spec.delete_reason:
                self.question("delete", f"Why delete {what}? ", explained)
            else:
                self.question("delete", f"Delete {what}? y/N ", answer, keys="yn")

        def allowed(session: Session) -> None:
            for id in ids:
                session.demand(entity, "delete", id)

        self.ask(allowed, asked)


def demand_state(model: EntityModel, values: Mapping[str, Any]) -> None:
    """Raise Detour where a new record is to begin in a state that only a command leads to."""
    for f in model.flows:
        state = str(values.get(f.key, f.default))
        assert f.flow is not None
        for move in f.flow.demands(str(f.default), state) if state != f.default else ():
            if move.command:
                full = f"{model.name}.{move.command}"
                raise Detour(f"{a(model.label.lower())} gets there by {full}", command=full)


def run_on(session: Session, command: Command, ids: Sequence[int], given: Any) -> str:
    """Give a command on records, in one commit; return what is to be said of it."""
    full = f"{command.entity}.{command.name}"
    with session.transaction() as unit:
        answers = [unit.run(full, id, given) for id in ids]
    said = [a for a in answers if isinstance(a, str)]
    if said:
        return said[0]
    targets = [(command.entity, id) for id in ids]
    # The row may have left the list: whose it was is said, before the next key goes to another.
    about = session.titles(targets).get(targets[0], "") if len(ids) == 1 else str(len(ids))
    label = command.label or command.name
    return f"{label}: {about}" if about else label
