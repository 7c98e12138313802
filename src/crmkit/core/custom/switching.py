"""Steps on automations: written, switched on and off, taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmkit.core.automation import WORDS, Automation, Reached, Updated
from crmkit.core.custom import editing
from crmkit.core.custom.automations import CustomAutomation, CustomSwitch
from crmkit.core.custom.parts import Custom
from crmkit.core.custom.plugin import NAME
from crmkit.core.custom.steps import Step, everywhere
from crmkit.core.errors import Denied, Invalid, Refused
from crmkit.core.following import left_alone, suspended
from crmkit.core.policy import Rule
from crmkit.core.proving import mistold
from crmkit.core.session import Session
from crmkit.core.view import View


def add_automation(
    session: Session, name: str, entity: str, on: str, do: Sequence[str], where: str, label: str,
    *, replace: bool = False,
) -> Step:  # fmt: skip
    """Write an automation, which is off; Invalid says what is wrong with it.

    One of that name is only written anew where it is to be replaced, and is off then too: nobody
    has tried what it says now.
    """
    model = session.model.entity(entity)
    new = editing.made(
        CustomAutomation, name=name, entity=model.name, on=on, do=tuple(do), where=where,
        label=label,
    )  # fmt: skip
    known = session.model.automations.get(name)
    if known is not None and known.owner != NAME:
        raise Refused(f"the automation {name} is plugin {known.owner}'s; give yours another name")
    if known is not None and not replace:
        raise Refused(
            f"there is an automation {name} already; give yours another name, or replace that "
            "(--replace)"
        )
    _demand_own(session, new)
    _demand_sense(session, new.declared())
    return Step(
        f"the automation {name} is written; it is off: crmkit automation on {name}",
        lambda found: editing.put(_unswitched(found, name), new),
    )


def _unswitched(found: Custom, name: str) -> Custom:
    if any(s.automation == name for s in found.switches):
        return editing.without(found, CustomSwitch, (name,))
    return found


def _demand_sense(session: Session, automation: Automation) -> None:
    """Refuse effects that are told what can never work; the Model looks at the rest."""
    if wrong := list(mistold(session, automation)):
        raise Invalid("; ".join(wrong))


def _demand_own(session: Session, new: CustomAutomation) -> None:
    """Refuse what the writer could not do himself to any record: automations act as admins do."""
    own, denied = everywhere(session), [r for r in session.rights.rules if r.deny and not r.field]
    if not denied and any((r.entity, r.verb) == ("*", "*") for r in own):
        return
    session.check_filter(new.entity, new.where)
    for text in _needed(session, new):
        entity, verb, *name = text.split(".")
        allowed = any(r.covers(entity, verb) for r in own)
        allowed = allowed and not any(_meets(r, entity, verb) for r in denied)
        if allowed and name:
            model = session.model.entity(entity)
            allowed = session.rights.field_allowed(model, model.field(".".join(name)), verb)
        if not allowed:
            raise Denied(
                f"{session.actor.name} may not let an automation do what he may not do to every "
                f"record himself: the grant {text} is missing, or denied", grant=text,
            )  # fmt: skip


def _meets(rule: Rule, entity: str, verb: str) -> bool:
    """Whether a denial, of some records too, speaks of a verb; `*` is one not known yet."""
    entities = rule.entity == entity or "*" in (rule.entity, entity)
    return entities and (rule.verb == verb or "*" in (rule.verb, verb))


def _needed(session: Session, new: CustomAutomation) -> Iterator[str]:
    model = session.model.entity(new.entity)
    yield f"{model.name}.read"
    automation = new.declared()
    for name in _read(automation):
        yield f"{model.name}.read.{model.field(name).key}"
    for do in automation.do:
        effect = session.model.effects.get(do.effect)
        if effect is None:  # the Model says so when it is loaded with it
            continue
        for key in do.said if effect.fields else ():
            f = model.field(key)
            yield f"{model.name}.move" if f.flow else f"{model.name}.update.{f.key}"
        if effect.needs is not None:
            yield from effect.needs(model.spec, do.said)


def _read(automation: Automation) -> Iterator[str]:
    """Yield the fields whose values it tells, or tells of by when it runs."""
    if isinstance(automation.trigger, Updated):
        yield from automation.trigger.fields
    if isinstance(automation.trigger, Reached):
        yield automation.trigger.field
    for do in automation.do:
        yield from (name for name in do.places() if name not in WORDS)


def switch(session: Session, name: str, on: bool) -> Step:
    """Switch an automation on or off; NotFound for no such automation."""
    known = session.model.automation(name)
    if on:
        _demand_sense(session, known)
    new = CustomSwitch(automation=name, on=on)
    said = f"the automation {name} is {'on' if on else 'off'}"
    with session.store.reader() as reader:
        if on and suspended(View(session, reader), name):
            said = left_alone(name)
    return Step(said, lambda found: editing.put(found, new))


def drop_automation(session: Session, name: str) -> Step:
    """Take an automation of the firm's own away; Refused for a plugin's."""
    known = session.model.automation(name)
    if known.owner != NAME:
        raise Refused(f"{name} is plugin {known.owner}'s; switch it off: "
                      f"crmkit automation off {name}")  # fmt: skip

    def change(found: Custom) -> Custom:
        return _unswitched(editing.without(found, CustomAutomation, (name,)), name)

    return Step(f"the automation {name} is gone; what it did stays", change)
