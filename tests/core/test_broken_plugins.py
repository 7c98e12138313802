"""Broken plugins: the program starts, says which it is, and no data changes."""

from __future__ import annotations

import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmkit.app import init, open_crm
from crmkit.core import host, importing
from crmkit.core.crm import Crm
from crmkit.core.custom import change_custom
from crmkit.core.errors import Fault, Invalid, Refused
from crmkit.core.jobs import resume, suspended
from crmkit.core.session import Session
from tests.core.broken_plugins import HEAD, LOADING, MATTER, extension, hook

Open = Callable[..., Crm]
NOWHERE = (
    "no text at all", "a hang at import", "no plugin object", "no facet at all",
    "a kind that is no Exception's",
)  # fmt: skip
"""Faults that no line of the plugin is to blame for, or none that is known."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of ada's with a lead and a client, where the plugin acme is switched on."""
    place = tmp_path_factory.mktemp("broken") / "firm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "ada")
        crm = init(place)
        ada = crm.session("ada")
        ada.add("lead", name="Ann Other", email="ann@example.com", status="CONTACTED")
        ada.add("client", name="Acme")
        crm.store.close()
    return place


@pytest.fixture
def firm(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.delenv(host.STRICT, raising=False)
    return Path(shutil.copytree(made, tmp_path / "firm"))


@pytest.fixture
def opened(firm: Path) -> Iterator[Open]:
    """Open the workspace with plugins of the given code switched on."""
    crms: list[Crm] = []

    def go(upgrade: bool = False, **code: str) -> Crm:
        for name, text in code.items():
            (firm / "plugins" / f"{name}.py").write_text(text, encoding="utf-8")
        change_custom(firm / "custom.toml", lambda c: evolve(c, enabled=tuple(code)))
        crms.append(open_crm(firm, upgrade=upgrade))
        if upgrade:
            crms[-1].store.upgrade()
        return crms[-1]

    yield go
    for crm in crms:
        crm.store.close()


def dump(folder: Path) -> list[str]:
    """Return everything that the workspace's database holds."""
    import sqlite3

    with sqlite3.connect(folder / "crmkit.db") as db:
        return [line for line in db.iterdump() if line.startswith("INSERT")]


@pytest.mark.parametrize("fault", LOADING)
def test_a_plugin_that_cannot_be_loaded_is_off_by_name(
    fault: str, firm: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest runs, nothing is written, and the reason says which file it is."""
    monkeypatch.setattr(importing, "PATIENCE", 0.2 if "hang" in fault else 20.0)
    before = dump(firm)
    code, said = LOADING[fault]
    crm = opened(acme=code)
    assert crm.off.keys() == {"acme"}
    assert said in crm.off["acme"]
    file = str(firm / "plugins" / "acme.py")
    assert file in crm.off["acme"]
    if fault not in NOWHERE:
        assert re.search(re.escape(file) + r":[1-9]", crm.off["acme"])
    assert "\n" not in crm.off["acme"]
    ada = crm.session("ada")
    assert [lead.title for lead in ada.find("lead")] == ["Ann Other"]
    assert dump(firm) == before
    assert ada.move("lead", 1, "QUALIFIED").version == 2


def test_plugins_that_require_each_other_are_off(opened: Open) -> None:
    """Each is named; what requires one of them is off too."""
    one, two, three = (
        f"from crmkit.api import *\nplugin = Plugin({name!r}, requires=({other!r},))\n"
        for name, other in (("one", "two"), ("two", "one"), ("three", "one"))
    )
    off = opened(one=one, two=two, three=three).off
    assert off.keys() == {"one", "two", "three"}
    assert "require each other" in off["one"]


def test_of_two_plugins_that_clash_the_later_is_off(opened: Open) -> None:
    """The first keeps what both want."""
    code = HEAD + MATTER + hook("entities", "yield Matter")
    crm = opened(upgrade=True, acme=code, bolt=code.replace('"acme"', '"bolt"'))
    assert "entity matter is already plugin acme's" in crm.off["bolt"]
    assert crm.session("ada").add("matter", name="Lease").id == 1


@pytest.mark.parametrize("loose", ["plugins/acme.py", "plugins"])
def test_a_plugin_that_others_may_write_is_not_imported(
    firm: Path, opened: Open, loose: str
) -> None:
    """The reason says how to mend it."""
    (firm / "plugins" / "acme.py").touch()
    (firm / loose).chmod(stat.S_IRWXU | stat.S_IWOTH)
    crm = opened(acme="raise SystemExit\n")
    assert "chmod go-w" in crm.off["acme"]


def test_mended_it_is_on_again(opened: Open) -> None:
    """A file that was changed is imported anew."""
    assert opened(acme=LOADING["a syntax error"][0]).off
    assert not opened(acme=HEAD).off


FAIL = "def fail(*given):\n    raise KeyError('oh')\n"
EXIT = "def fail(*given):\n    raise SystemExit('oh')\n"
INTERRUPT = "def fail(*given):\n    raise KeyboardInterrupt('oh')\n"
NONSENSE = "def fail(*given):\n    return object()\n"
WRONG = {"raises": FAIL, "exits": EXIT, "interrupts": INTERRUPT, "answers-nonsense": NONSENSE}
FACET = (
    "@facet('lead')\nclass F(Facet):\n    x: int = number('X', default=0, derived=True)\n"
    "def all_of_it(change, ctx):\n    return [change.record]\n"
)


def add(ada: Session) -> None:
    ada.add("lead", name="Bo", email="bo@example.com")


def lose(ada: Session) -> None:
    ada.move("lead", 1, "LOST", {"lost_reason": "x"})


def export(ada: Session) -> None:
    from crmkit.cli.entity_export import _written

    model = ada.model.entity("lead")
    _written(model.exports[0], list(ada.find("lead")), ada)


RUNNING: dict[str, tuple[str, Callable[[Session], Any]]] = {
    "a check": (extension("checks=(fail,)"), add),
    "a fill": (extension("fills=(fail,)"), add),
    "a reaction": (extension("reactions=(fail,)"), add),
    "a guard": (extension("guards=(Guard(fail, target='LOST'),)"), lose),
    "a derived value": (
        FACET + extension("facet=F, derived=(Derived('x', ('lead',), all_of_it, fail),)"), add,
    ),
    "whose derived value": (
        FACET + extension("facet=F, derived=(Derived('x', ('lead',), fail, fail),)"), add,
    ),
    "a command": (
        hook("commands", "yield Command('look', 'lead', fail)"),
        lambda ada: ada.run("lead.look", 1),
    ),
    "whether a command applies": (
        hook("commands", "yield Command('look', 'lead', len, when=fail)"),
        lambda ada: ada.run("lead.look", 1),
    ),
    "a command's form": (
        hook("commands", "yield Command('look', 'lead', len, prefill=fail)"),
        lambda ada: ada.propose("lead.look", 1),
    ),
    "a command's proposals": (
        hook("commands", "yield Command('look', 'lead', len, proposals=fail)"),
        lambda ada: ada.propose("lead.look", 1),
    ),
    "a report": (
        hook("reports", "yield Report(name='odd', label='Odd', run=fail)"),
        lambda ada: ada.report("odd"),
    ),
    "a condition": (
        hook("conditions", "yield Condition('lead', 'odd', fail)"),
        lambda ada: ada.count("lead", "is:odd"),
    ),
    "a matcher": (
        hook("matchers", "yield Matcher('lead', near=fail, pairs=fail)"),
        lambda ada: ada.duplicates("lead", {"name": "Ann"}),
    ),
    "a matcher of pairs": (
        hook("matchers", "yield Matcher('lead', near=fail, pairs=fail)"),
        lambda ada: ada.pairs("lead"),
    ),
    "an export": (hook("exports", "yield Export('lead', 'odd', fail)"), export),
}  # fmt: skip
ANY_ANSWER = {"a reaction", "a command", "whether a command applies"}
"""Where any answer will do."""
OFF = "to switch it off: crmkit plugin disable acme"


def place_in(firm: Path, text: str, said: str) -> bool:
    """Whether what is said names the line of the plugin acme's file that has a text."""
    file = firm / "plugins" / "acme.py"
    lines = file.read_text(encoding="utf-8").splitlines()
    return f"({file}:{next(n for n, line in enumerate(lines, 1) if text in line)})" in said


@pytest.mark.parametrize("failing", WRONG)
@pytest.mark.parametrize("part", RUNNING)
def test_what_fails_as_it_runs_is_refused_by_name(
    part: str, failing: str, firm: Path, opened: Open
) -> None:
    """One error that people can read, with the place in the plugin; nothing is kept."""
    nonsense = WRONG[failing] is NONSENSE
    if nonsense and part in ANY_ANSWER:
        return
    code, do = RUNNING[part]
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + code)
    assert not crm.off
    before = dump(firm)
    with pytest.raises(Fault, match="of plugin acme failed: ") as failed:
        do(crm.session("ada"))
    said = str(failed.value)
    assert "\n" not in said
    assert ("oh" in said) != nonsense
    assert place_in(firm, "def fail" if nonsense else "raise", said)
    assert OFF in said
    assert dump(firm) == before


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
    import sys

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


CUSTOM = {
    "no TOML": ("# ours\n[[field]\n", 2, "Expected"),
    "half of it": ("# ours\nenabled = [", 2, "Invalid value"),
    "an unknown part": ("\n[[feild]]\nentity = 'lead'\n", 2, "did you mean field"),
    "a part that is none": ("field = 5\n", 1, "write [[field]] above each field"),
    "an unknown key": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\ncolour='red'\n", 5, "no key 'colour'",
    ),
    "a value of another type": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\nshown='yes'\n", 5, "true or false",
    ),
    "an unknown kind": ("[[field]]\nentity='lead'\nname='x'\nkind='txt'\n", 4, "mean text"),
    "a name that cannot be": (
        "[[field]]\nentity='lead'\nname='My Field'\nkind='text'\n", 3, "small letters",
    ),
    "a choice without options": (
        "[[field]]\nentity='lead'\nname='x'\nkind='choice'\n", 1, "list the choices",
    ),
    "no name": ("[[field]]\nentity='lead'\nkind='text'\n", 1, "name is missing"),
    "a field called as one of the entity": (
        "[[field]]\nentity='lead'\nname='status'\nkind='text'\n", 3, "is there already",
    ),
    "a field called id": ("[[field]]\nentity='lead'\nname='id'\nkind='text'\n", 3, "already"),
    "a field called as a word of Python": (
        "[[field]]\nentity='lead'\nname='class'\nkind='text'\n", 3, "a word of Python's",
    ),
    "two fields of one name": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\n"
        "[[field]]\nentity='lead'\nname='x'\nkind='number'\n", 5, "lead x is there twice",
    ),
    "two views of one name": (
        "[[view]]\nentity='lead'\nlabel='A'\n[[view]]\nentity='lead'\nlabel='A'\n", 4,
        "lead A is there twice",
    ),
    "a view with an unknown sort": (
        "[[view]]\nentity='lead'\nlabel='A'\nsort='-nmae'\n", 3, "did you mean name",
    ),
    "a view with an unknown column": (
        "[[view]]\nentity='lead'\nlabel='A'\ncolumns=['nmae']\n", 3, "did you mean name",
    ),
    "columns that are not there": (
        "[[columns]]\nentity='lead'\ncolumns=['nmae']\n", 3, "did you mean name",
    ),
    "an unknown entity": ("[[field]]\nname='x'\nkind='text'\nentity='laed'\n", 4, "mean lead"),
    "a stage there is": (
        "[[stage]]\nentity='lead'\ncode='LOST'\nafter='CONTACTED'\n", 3, "exists already",
    ),
    "a stage after nothing": (
        "[[stage]]\nentity='lead'\ncode='CHECK'\nafter='NOWHERE'\n", 4, "no state of lead",
    ),
    "a grant that is none": ("[[role]]\nname='x'\ngrants=['nonsense']\n", 3, "is not a grant"),
    "a view with a broken filter": (
        "[[view]]\nentity='lead'\nlabel='Odd'\nfilter='(a'\n", 3, "not closed",
    ),
}  # fmt: skip
"""What is wrong with custom.toml, its text, the line that is to be named, and what is said."""


@pytest.mark.parametrize("fault", CUSTOM)
def test_a_broken_custom_file_is_off_and_told(fault: str, firm: Path) -> None:
    """The program starts without it, the line is named, and nothing is written."""
    before = dump(firm)
    text, line, said = CUSTOM[fault]
    (firm / "custom.toml").write_text(text, encoding="utf-8")
    crm = open_crm(firm)
    assert crm.off.keys() == {"custom"}
    why = crm.off["custom"]
    assert "\n" not in why
    assert said in why
    file = re.escape(str(firm / "custom.toml"))
    assert re.search(rf"{file}(, line |:){line}\b", why)
    assert crm.session("ada").count("lead") == 1
    crm.store.close()
    assert dump(firm) == before
