"""Rules of a plugin that are broken: nobody is told that what he typed is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core.errors import Fault, Refused
from tests.core.broken_plugins import HEAD, OFF, Open, dump, extension, hook, place_in
from tests.core.test_broken_plugins import RUNNING, add, lose

SAYING = {
    "42": "answered 42", "True": "answered True", "['a', 'b']": "answered ['a', 'b']",
    "{'name': 42}": "answered 42",
}  # fmt: skip


@pytest.mark.parametrize("answer", SAYING)
@pytest.mark.parametrize("part", ["a check", "a guard"])
def test_a_rule_that_answers_no_sentence_is_broken(
    part: str, answer: str, firm: Path, opened: Open
) -> None:
    """Nobody is told that what he typed is wrong."""
    code, do = RUNNING[part]
    crm = opened(upgrade=True, acme=HEAD + f"def fail(*given):\n    return {answer}\n" + code)
    said = answer if part == "a guard" else SAYING[answer]
    before = dump(firm)
    with pytest.raises(Fault, match="acme") as failed:
        do(crm.session("ada"))
    assert said in str(failed.value)
    assert dump(firm) == before


@pytest.mark.parametrize("part", ["a check", "a fill", "a reaction", "a guard"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    {
        "ctx.add('action')": "subject: fill it in",
        "ctx.set('lead', 9999, {'notes': 'x'})": "no lead 9999",
        "ctx.find('lead', 'nmae:x')": "did you mean name",
    }.items(),
)
def test_what_a_rule_was_answered_is_its_own_mistake(
    part: str, wrong: str, said: str, firm: Path, opened: Open
) -> None:
    """It does not read as if the user had typed it."""
    code, do = RUNNING[part]
    crm = opened(
        upgrade=True, acme=HEAD + f"def fail(*given):\n    ctx = given[-1]\n    {wrong}\n" + code
    )
    before = dump(firm)
    with pytest.raises(Fault, match="of plugin acme failed: ") as failed:
        do(crm.session("ada"))
    assert said in str(failed.value)
    assert place_in(firm, wrong, str(failed.value))
    assert dump(firm) == before


def test_a_rule_may_refuse_by_itself(opened: Open) -> None:
    """Its sentence reaches the user as it is."""
    code, do = RUNNING["a reaction"]
    fail = "def fail(*given):\n    raise Refused('Not on Sundays.')\n"
    crm = opened(upgrade=True, acme=HEAD + fail + code)
    with pytest.raises(Refused, match=r"^Not on Sundays\.$"):
        do(crm.session("ada"))


def test_what_a_rule_was_refused_or_denied_says_whose_rule_it_is(opened: Open) -> None:
    """The user may be allowed what he did, and not what follows from it."""
    code = "def follow(before, after, ctx):\n    ctx.move('lead', 1, 'CONVERTED')\n"
    crm = opened(upgrade=True, acme=HEAD + code + extension("reactions=(follow,)", "client"))
    with pytest.raises(Refused, match="reaction follow on client of plugin acme: ") as refused:
        crm.session("ada").add("client", name="Other")
    assert "acme.py:" in str(refused.value)


@pytest.mark.parametrize(
    ("part", "fail"),
    [
        ("a check", "def fail(lead, ctx):\n    ctx.set('lead', 1, {'notes': lead.notes + 'x'})\n"),
        ("a guard", "def fail(lead, ctx):\n    ctx.set('lead', 1, {'notes': lead.notes + 'x'})\n"),
    ],
)
def test_a_rule_that_writes_the_record_that_is_being_saved_is_told_so(
    part: str, fail: str, firm: Path, opened: Open
) -> None:
    """And not that somebody else was quicker."""
    crm = opened(upgrade=True, acme=HEAD + fail + RUNNING[part][0])
    before = dump(firm)
    with pytest.raises(Fault, match="of plugin acme failed: .*which is being saved") as failed:
        lose(crm.session("ada"))
    assert place_in(firm, "ctx.set", str(failed.value))
    assert dump(firm) == before


@pytest.mark.parametrize("given", ["{'id': 77}", "{'version': 3}", "{'nmae': 'x'}", "{'name': 5}"])
def test_a_fill_that_gives_what_cannot_be_is_named(given: str, firm: Path, opened: Open) -> None:
    """What the program fills in itself is not a plugin's to give."""
    fill = f"def fail(*given):\n    return {given}\n"
    crm = opened(upgrade=True, acme=HEAD + fill + extension("fills=(fail,)"))
    with pytest.raises(Fault, match="fill fail on lead of plugin acme failed: "):
        add(crm.session("ada"))


def test_reactions_that_answer_themselves_are_named(firm: Path, opened: Open) -> None:
    """With the place of each."""
    again = "def again(was, now, ctx):\n    ctx.set('lead', now.id, {'notes': now.notes + 'x'})\n"
    crm = opened(upgrade=True, acme=HEAD + again + extension("reactions=(again,)"))
    before = dump(firm)
    with pytest.raises(Fault, match="without end: again of plugin acme") as failed:
        add(crm.session("ada"))
    assert place_in(firm, "def again", str(failed.value))
    assert OFF in str(failed.value)
    assert dump(firm) == before


def test_a_condition_that_leads_back_to_itself_is_named(firm: Path, opened: Open) -> None:
    """One whose text does so is off; one that works it out is told of when it is asked."""
    loop = (
        "yield Condition('lead', 'loopy', 'is:open')",
        "yield Condition('lead', 'loop', 'is:loop')",
    )
    assert "is:loop stands for itself" in opened(acme=HEAD + hook("conditions", *loop)).off["acme"]
    code = "def fail(*given):\n    return 'is:odd'\n" + RUNNING["a condition"][0]
    crm = opened(acme=HEAD + code)
    with pytest.raises(Fault, match="is:odd of plugin acme failed: .*stands for is:odd"):
        crm.session("ada").count("lead", "is:odd")


def test_a_guard_is_asked_of_a_record_that_is_added_in_its_state(firm: Path, opened: Open) -> None:
    """As of one that is moved there; history that is brought in is no way around it."""
    rule = (
        "def only(lead, ctx):\n    return None if lead.company else 'Fill in the company first.'\n"
    )
    guard = extension("guards=(Guard(only, target='QUALIFIED'),)")
    ada = opened(acme=HEAD + rule + guard).session("ada")
    late = {"name": "B", "email": "b@p.org", "status": "QUALIFIED"}
    before = dump(firm)
    with pytest.raises(Refused, match="company first"):
        ada.add("lead", late)
    with pytest.raises(Refused, match="company first"), ada.transaction() as unit:
        unit.lenient = True
        unit.add("lead", **late)
    assert dump(firm) == before
    assert ada.add("lead", late, company="P").version == 1
    assert ada.add("lead", name="C", email="c@p.org").version == 1


def test_ctrl_c_is_no_fault_of_the_plugin_that_runs(opened: Open) -> None:
    """It ends the program as ever."""
    code = "import signal\ndef look(*given):\n    signal.raise_signal(signal.SIGINT)\n"
    crm = opened(acme=HEAD + code + hook("commands", "yield Command('look', 'lead', look)"))
    with pytest.raises(KeyboardInterrupt):
        crm.session("ada").run("lead.look", 1)


def test_what_a_plugin_prints_goes_to_standard_error(
    opened: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    """Output is the program's own, which other programs read."""
    say = "print('imported')\ndef fail(*given):\n    print('asked')\n"
    crm = opened(upgrade=True, acme=HEAD + say + extension("checks=(fail,)"))
    add(crm.session("ada"))
    print("ours")
    assert capsys.readouterr() == ("ours\n", "imported\nasked\n")
