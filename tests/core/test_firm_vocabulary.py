"""What a plugin can say: settings, rules that fill in or follow, words, marks, jobs, reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmkit.api import (
    Asked,
    Badge,
    Column,
    Command,
    Condition,
    Extension,
    Facet,
    Invalid,
    Job,
    Link,
    Money,
    Move,
    Record,
    Refused,
    Report,
    Role,
    Setting,
    Sheet,
    State,
    Tag,
    Workflow,
    choice,
    entity,
    facet,
    flow,
    moment,
    ref,
    text,
)
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.errors import Denied, Detour, Fault, NotFound
from crmkit.core.fields import Item
from crmkit.core.reports import shown, spoken
from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host

AREAS = Setting("areas", ["Family", "Tax"], help="What the firm does.")
HOURS = Setting("hours", 24)
Make = Callable[..., Crm]

progress = Workflow(
    "progress",
    states=(State("OPEN"), State("SIGNED"), State("CLOSED", outcome="won")),
    moves=(Move(target="SIGNED", command="sign"), Move(target="CLOSED")),
)


@entity("matter", title="name", owner="owner", lease=("taken_by", "taken_until"),
        delete_reason=True)  # fmt: skip
class Matter(Record):
    """A firm's own entity."""

    name: str = text("Name", search=True, shown=True)
    area: str = choice("Area", AREAS, default="")
    code: str = text("Code", default="", managed=True)
    status: str = flow(progress, default="OPEN")
    owner: int | None = ref("Owner", "user", default=None)
    taken_by: int | None = ref("Taken by", "user", default=None, managed=True)
    taken_until: datetime | None = moment("Taken until", default=None, managed=True)


def code(before: Matter | None, after: Matter, ctx: Any) -> dict[str, str]:
    return {"code": after.name[:3].upper()}


def follow(before: Matter | None, after: Matter, ctx: Any) -> None:
    if before is None:
        ctx.add("action", subject=f"Open {after.name}", about=Link("matter", after.id))


def take(matter: Matter, ctx: Any, said: None) -> Record:
    until = ctx.now + timedelta(hours=ctx.setting(HOURS))
    with ctx.granted():
        return ctx.save(matter.evolve(taken_by=ctx.actor_id, taken_until=until))  # type: ignore[no-any-return]


def sign(matter: Matter, ctx: Any, said: None) -> Record:
    with ctx.granted():
        return ctx.move("matter", matter.id, "SIGNED")  # type: ignore[no-any-return]


MATTERS: dict[str, Any] = {
    "crm_entities": [Matter],
    "crm_settings": [AREAS, HOURS],
    "crm_extensions": [
        Extension("matter", fills=(code,), reactions=(follow,)),
        Extension("action", targets={"about": ("matter",)}),
    ],
    "crm_commands": [
        Command("take", "matter", take, unseen=True),
        Command("sign", "matter", sign, grant="take"),
    ],
    "crm_policy": [
        Role("fee_earner", ("matter.read@own", "matter.read@pool", "matter.take", "matter.create",
                            "matter.move@own", "action.*")),
    ],
}  # fmt: skip


@pytest.fixture
def make(database_url: str, clock: Clock) -> Iterator[Make]:
    made: list[Crm] = []

    def crm(sections: Any = None, **hooks: Any) -> Crm:
        made.append(firm_crm(database_url, clock, sections, **(MATTERS | hooks)))
        made[-1].session(SYSTEM).add("user", name="kim", roles=(Item("fee_earner"),))
        made[-1].session(SYSTEM).add("user", name="lee", roles=(Item("fee_earner"),))
        return made[-1]

    yield crm
    for one in made:
        one.store.close()


@pytest.fixture
def firm(make: Make) -> Crm:
    return make()


@pytest.fixture
def ada(firm: Crm) -> Session:
    return firm.session("ada", "test")


def test_the_firm_lists_a_choices_options(make: Make) -> None:
    """A choice may take its options from a setting."""
    session = make({"acme": {"areas": ["Crime"]}}).session("ada")
    assert session.add("matter", name="R v X", area="Crime").area == "Crime"  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="Tax"):
        session.add("matter", name="Estate", area="Tax")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"acme": {"areas": 5}}, r"\[acme\] areas: write a list"),
        ({"acme": {"area": []}}, r"\[acme\] no setting 'area'; did you mean areas"),
        ({"acme": {"hours": True}}, r"\[acme\] hours: write a whole number"),
    ],
)
def test_a_setting_that_cannot_be_is_named(sections: Any, said: str) -> None:
    """The section and the key are told of the plugin, which is off."""
    assert re.search(said, firm_host(sections, **MATTERS).off["acme"])


def test_a_section_of_no_plugin_that_runs_stops_nothing() -> None:
    assert firm_host({"amce": {"hours": 5}}, **MATTERS).off == {}


def test_rules_fill_in_and_follow_in_the_same_commit(firm: Crm, ada: Session) -> None:
    """A new matter has its code, and its first action; undo takes both back."""
    matter = ada.add("matter", name="Estate")
    assert matter.code == "EST"  # type: ignore[attr-defined]
    assert [a.title for a in ada.find("action", f"about:matter:{matter.id}")] == ["Open Estate"]
    assert ada.log(limit=1)[0].size == 2
    ada.set("matter", matter.id, {"name": "Probate"})
    assert ada.get("matter", matter.id).code == "PRO"  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="filled in by the program"):
        ada.set("matter", matter.id, {"code": "X"})
    ada.undo(), ada.undo()
    assert ada.count("matter") == ada.count("action") == 0


def test_rules_that_answer_each_other_are_stopped(make: Make) -> None:
    """Two plugins' reactions cannot go on for ever, and nothing is saved of it."""

    def again(before: Record | None, after: Record, ctx: Any) -> None:
        ctx.add("matter", name=f"{after.title}x")

    session = make(crm_extensions=[Extension("matter", reactions=(again,))]).session("ada")
    with pytest.raises(Fault, match="without end"):
        session.add("matter", name="Estate")
    assert session.count("matter") == 0


def test_a_rule_that_fails_saves_nothing(make: Make) -> None:
    """The rule and the error are named."""

    def broken(before: Record | None, after: Record, ctx: Any) -> None:
        raise ZeroDivisionError("oh")

    session = make(crm_extensions=[Extension("matter", reactions=(broken,))]).session("ada")
    with pytest.raises(Fault, match="reaction broken on matter of plugin acme failed.*oh"):
        session.add("matter", name="Estate")
    assert session.count("matter") == 0


def test_a_claim_holds_for_its_time_and_no_longer(firm: Crm, clock: Clock, ada: Session) -> None:
    """Claimed, it is one's own; the other no longer sees it; a day later it is in the pool."""
    kim, lee = firm.session("kim"), firm.session("lee")
    matter = ada.add("matter", name="Estate", owner=None)
    kim.run("matter.take", matter.id)
    assert (kim.count("matter", "is:mine"), kim.count("matter", "is:unassigned")) == (1, 0)
    assert (lee.count("matter"), ada.count("matter", "is:unassigned")) == (0, 0)
    with pytest.raises(NotFound):
        lee.get("matter", matter.id)
    assert lee.run("matter.take", matter.id).taken_by == lee.actor.id
    clock.advance(hours=24)
    assert (kim.count("matter", "is:mine"), lee.count("matter", "is:unassigned")) == (0, 1)
    assert kim.count("matter") == 1


def test_a_move_that_a_command_makes_is_made_by_it_alone(firm: Crm, ada: Session) -> None:
    """The refusal names the command; the command's own grant is enough."""
    kim = firm.session("kim")
    matter = kim.add("matter", name="Estate")
    with pytest.raises(Detour, match=r"crmkit matter sign") as refused:
        ada.move("matter", matter.id, "SIGNED")
    assert refused.value.command == "matter.sign"
    assert kim.run("matter.sign", matter.id).status == "SIGNED"
    assert ada.move("matter", matter.id, "CLOSED").status == "CLOSED"  # type: ignore[attr-defined]


def test_deleting_asks_why_where_the_entity_says_so(ada: Session) -> None:
    """The reason is the commit's label."""
    matter = ada.add("matter", name="Estate")
    with pytest.raises(Invalid, match="say why"):
        ada.delete("matter", matter.id, reason=" ")
    ada.delete("matter", matter.id, reason="entered twice")
    assert ada.log(limit=1)[0].label == f"Delete matter {matter.id}: entered twice"


def test_a_word_stands_for_a_filter(make: Make) -> None:
    """`is:` knows what plugins add, as text or worked out when it is asked."""
    words = [
        Condition("matter", "fresh", lambda told: f"created_at>={told.now:%Y-%m-%d}"),
        Condition("matter", "family", "area:Family"),
    ]
    session = make(crm_conditions=words).session("ada")
    session.add("matter", name="Smith", area="Family")
    session.add("matter", name="Levy", area="Tax")
    assert [m.title for m in session.find("matter", "is:fresh -is:family")] == ["Levy"]
    with pytest.raises(Invalid, match="is:family"):
        session.count("matter", "is:stale")


def test_badges_mark_records_and_a_broken_one_says_so(make: Make) -> None:
    """A badge sees the record and the time; its failure is a mark, not a crash."""

    def area(matter: Matter, told: Any) -> Tag | None:
        return Tag(matter.area, "good") if matter.area else None

    views = [Badge("matter", area), Badge("matter", lambda matter, told: 1 / 0)]
    session = make(crm_views=views).session("ada")
    matter = session.add("matter", name="Levy", area="Tax")
    assert session.badges(matter) == [Tag("Tax", "good"), Tag("acme!", "bad")]


def test_jobs_run_as_the_program_and_fail_alone(make: Make) -> None:
    """One job's failure is told and undone; the others are done."""

    def remind(ctx: Any) -> str | None:
        for matter in ctx.find("matter", ""):
            ctx.add("action", subject="Backup", about=Link("matter", matter.id))
        return "1 reminder"

    def broken(ctx: Any) -> str | None:
        ctx.add("matter", name="Half")
        raise Refused("no")

    crm = make(crm_jobs=[Job("remind", remind), Job("broken", broken), Job("idle", lambda c: None)])
    crm.session("ada").add("matter", name="Estate")
    done, failed = crm.tick()
    assert done == ["1 reminder"]
    (said,) = failed
    assert said.startswith("job broken of plugin acme failed: no (")
    session = crm.session("ada")
    assert (session.count("matter"), session.log(limit=1)[0].via) == (1, "tick")


def counted(asked: Asked) -> Sheet:
    found = asked.aggregate("matter", asked.filter, asked.by or "area")
    rows = tuple({"what": k, "n": n} for k, n in sorted(found.items()))
    return Sheet(columns=(Column("what", "What"), Column("n", "Matters", "count")), rows=rows)


def test_a_report_sees_what_its_reader_may_see(make: Make) -> None:
    """Figures never count what the actor cannot read; the grant is asked for."""
    reports = [Report(name="matters", label="Matters", run=counted, entity="matter", by=("area",))]
    roles = [*MATTERS["crm_policy"], Role("fee_earner", ("report.matters",))]
    crm = make(crm_reports=reports, crm_policy=roles)
    ada, kim = crm.session("ada"), crm.session("kim")
    ada.add("matter", name="Levy", area="Tax")
    kim.add("matter", name="Smith", area="Family")
    assert [r["n"] for r in ada.report("matters").rows] == [1, 1]
    assert [dict(r) for r in kim.report("matters").rows] == [{"what": "Family", "n": 1}]
    assert ada.report("matters", "area:Tax", by="area").rows == ({"what": "Tax", "n": 1},)
    with pytest.raises(Invalid, match="divided by area"):
        ada.report("matters", by="name")
    crm.session(SYSTEM).add("user", name="zoe", roles=(Item("crm_worker"),))
    with pytest.raises(Denied, match=r"report\.matters"):
        crm.session("zoe").report("matters")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (Column("n", "N", "count"), 12345, "12,345"),
        (Column("p", "P", "percent"), 42.5, "42.50 %"),
        (Column("m", "M", "money"), Money(123456, "GBP"), "1,234.56 GBP"),
        (Column("s", "S", "span"), timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (Column("t", "T"), None, ""),
    ],
)
def test_a_reports_values_are_shown_by_their_shape(column: Column, value: Any, said: str) -> None:
    """People read thousands, units and the two largest parts of a span."""
    from crmkit.core.kinds.base import Locale

    assert shown(column, value, Locale()) == said


def test_spans_are_spoken_in_two_units() -> None:
    """Nothing is more exact than it needs to be."""
    spans = [timedelta(minutes=25), -timedelta(hours=2), timedelta(0), timedelta(days=9, minutes=1)]
    assert [spoken(s) for s in spans] == ["25 min", "-2 h", "0 min", "9 d 1 min"]


@facet("matter")
class Extra(Facet):
    """A facet whose choice is the firm's."""

    tier: str = choice("Tier", AREAS, default="")


def test_a_facets_choice_is_the_firms_too(make: Make) -> None:
    """Settings reach the fields of facets."""
    crm = make({"acme": {"areas": ["Gold"]}}, crm_extensions=[Extension("matter", facet=Extra)])
    matter = crm.session("ada").add("matter", {"name": "Levy", "tier": "Gold"})
    assert matter[Extra].tier == "Gold"
