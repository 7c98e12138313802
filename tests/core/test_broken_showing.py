"""What plugins show, tell and do behind a change: what fails is a mark, a line or a log's line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crmkit.core.errors import Fault, Invalid
from crmkit.core.jobs import resume, suspended
from tests.core.broken_plugins import (
    FAIL,
    HEAD,
    MATTER,
    OFF,
    WRONG,
    Open,
    dump,
    extension,
    hook,
    place_in,
)
from tests.core.test_broken_plugins import add

KIND = (
    """
class Odd(FieldKind):
    name = "odd"
    example = "x"
    broken = False
    def {method}(self, *given):
        if Odd.broken:
            return fail()
        return super().{method}(*given)
def odd(label, *, default=None, **more):
    return of_kind(label, Odd(), default=default, **more)
@facet("lead")
class F(Facet):
    much: str | None = odd("Much", default=None)
"""
    + hook("field_kinds", "yield NewKind(Odd, odd)")
    + extension("facet=F")
)


def break_kind() -> None:
    sys.modules["crmkit_plugins.acme"].Odd.broken = True  # type: ignore[attr-defined]


@pytest.mark.parametrize("failing", WRONG)
def test_a_value_that_cannot_be_shown_is_a_mark(
    failing: str, firm: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """The record and the list are shown."""
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + KIND.format(method="format"))
    assert not crm.off
    ada = crm.session("ada")
    lead = ada.set("lead", 1, {"acme.much": "y"})
    field = ada.model.entity("lead").field("acme.much")
    assert ada.display(lead, field) == "y"
    break_kind()
    assert ada.display_many([lead, lead], [field]) == [["acme!"], ["acme!"]]
    (line,) = caplog.messages
    assert "format of the kind odd of plugin acme failed: " in line
    assert place_in(firm, "def format" if failing == "answers-nonsense" else "raise", line)


@pytest.mark.parametrize("method", ["parse", "validate", "store", "dump"])
def test_a_kind_that_fails_is_named_and_nothing_is_saved(
    method: str, firm: Path, opened: Open
) -> None:
    """A ValueError of its own is for whoever typed the value."""
    crm = opened(upgrade=True, acme=HEAD + FAIL + KIND.format(method=method))
    ada = crm.session("ada")
    before = dump(firm)
    break_kind()
    with pytest.raises(Fault, match=f"{method} of the kind odd of plugin acme failed") as failed:
        ada.set("lead", 1, ada.parse("lead", {"acme.much": "y"}))
    assert place_in(firm, "raise", str(failed.value))
    assert dump(firm) == before


def test_what_a_kind_refuses_is_for_who_typed_it(opened: Open) -> None:
    """As with the program's own kinds."""
    say = "def fail(*given):\n    raise ValueError('write it otherwise')\n"
    ada = opened(upgrade=True, acme=HEAD + say + KIND.format(method="parse")).session("ada")
    break_kind()
    with pytest.raises(Invalid, match=r"much: write it otherwise$"):
        ada.parse("lead", {"acme.much": "y"})


def test_where_a_matcher_fails_the_others_are_asked_by_rules(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """So that a lead can be converted even so, and the log says who could not tell."""
    matcher = hook("matchers", "yield Matcher('contact', near=fail, pairs=fail)")
    ada = opened(acme=HEAD + FAIL + matcher).session("ada")
    ada.propose("lead.convert", 1)
    assert "finding duplicates of contact of plugin acme failed: KeyError" in caplog.text


@pytest.mark.parametrize("failing", WRONG)
def test_a_badge_that_fails_is_a_mark(
    failing: str, firm: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """The list is shown, with the plugin's name on it; why is logged, but once."""
    badge = hook("views", "yield Badge('lead', fail)")
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + badge)
    ada = crm.session("ada")
    for _ in range(2):
        assert "acme!" in [tag.text for tag in ada.badges(ada.get("lead", 1))]
    (line,) = caplog.messages
    assert "badge on lead of plugin acme failed: " in line
    assert place_in(firm, "def fail" if failing == "answers-nonsense" else "raise", line)


@pytest.mark.parametrize("failing", WRONG)
def test_a_panel_that_fails_says_so_in_its_place(failing: str, firm: Path, opened: Open) -> None:
    """The record is shown."""
    code = WRONG[failing] + hook("views", "yield Panel('lead', 'Odd', fail)")
    ada = opened(acme=HEAD + code).session("ada")
    odd = next(s for s in ada.panels(ada.get("lead", 1)) if s.label == "Odd")
    assert odd.failed
    assert "panel Odd of plugin acme failed: " in odd.lines[0].text
    assert place_in(
        firm, "def fail" if failing == "answers-nonsense" else "raise", odd.lines[0].text
    )


@pytest.mark.parametrize("failing", ["raises", "exits", "interrupts"])
@pytest.mark.parametrize(
    "where", ["listeners():\n    yield Listener('odd', fail)", "started(told):\n    fail()"]
)
def test_what_fails_behind_a_commit_or_at_the_start_is_logged(
    where: str, failing: str, firm: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """And stops nothing."""
    code = f"\n@hookimpl\ndef crm_{where}\n"
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + code)
    crm.start()
    add(crm.session("ada"))
    (line,) = caplog.messages
    assert "of plugin acme failed: " in line
    assert place_in(firm, "raise", line)
    assert OFF in line
    assert crm.session("ada").count("lead") == 2


@pytest.mark.parametrize("failing", WRONG)
def test_a_job_that_fails_is_told_and_the_others_are_done(
    failing: str, firm: Path, opened: Open
) -> None:
    """Nothing of it is kept; at the third time in a row it is left alone, until it is resumed."""
    half = "\ndef half(ctx):\n    ctx.add('client', name='Half')\n    return fail()\n"
    jobs = "yield Job('half', half)", "yield Job('odd', lambda ctx: 'done')"
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + half + hook("jobs", *jobs))
    for n in range(3):
        done, wrong = crm.tick()
        assert "done" in done
        assert "job half of plugin acme failed: " in wrong[0]
        assert place_in(firm, "def half" if failing == "answers-nonsense" else "raise", wrong[0])
        assert len(wrong) == (2 if n == 2 else 1)
    (said,) = crm.tick()[1]
    assert said == suspended(crm.model, crm.store)[0]
    assert "job half of plugin acme is suspended" in said
    assert "crmkit tick --resume half" in said
    resume(crm.model, crm.store, "half")
    assert "failed" in crm.tick()[1][0]
    assert crm.session("ada").count("client") == 1


def test_a_job_that_works_again_is_not_suspended(opened: Open) -> None:
    """Only failures in a row count."""
    job = "n = 0\ndef odd(ctx):\n    global n\n    n += 1\n    return 1 if n % 3 else None\n"
    crm = opened(upgrade=True, acme=HEAD + job + hook("jobs", "yield Job('odd', odd)"))
    assert [len(crm.tick()[1]) for _ in range(7)] == [1, 1, 0, 1, 1, 0, 1]


def test_a_command_that_cannot_tell_where_it_applies_is_not_offered(opened: Open) -> None:
    """The others are."""
    code = hook("commands", "yield Command('look', 'lead', len, when=fail)")
    ada = opened(upgrade=True, acme=HEAD + FAIL + code).session("ada")
    names = [command.name for command in ada.commands("lead", ada.get("lead", 1))]
    assert "look" not in names
    assert "snooze" in names


def test_a_title_that_fails_hides_no_record(opened: Open) -> None:
    """It is called by its number."""
    code = MATTER.replace('title="name"', "title=fail") + hook("entities", "yield Matter")
    ada = opened(upgrade=True, acme=HEAD + FAIL + code).session("ada")
    ada.add("matter", name="Lease")
    assert [matter.title for matter in ada.find("matter")] == ["Matter 1"]
