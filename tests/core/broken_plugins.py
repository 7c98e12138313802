"""Plugins that are broken before they run, each with what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from crmkit.core.crm import Crm

Open = Callable[..., Crm]

HEAD = """
import time
from datetime import timedelta
from crmkit.api import *
plugin = Plugin("acme", version="1", requires=("actions", "clients", "contacts", "leads"))
"""
MATTER = """
@entity("matter", title="name")
class Matter(Record):
    name: str = text("Name")
"""


def hook(name: str, *lines: str) -> str:
    """Return the code of a hook."""
    return f"\n@hookimpl\ndef crm_{name}():\n" + "".join(f"    {line}\n" for line in lines)


def extension(more: str, entity: str = "lead") -> str:
    """Return the code of an extension."""
    return hook("extensions", f"yield Extension({entity!r}, {more})")


LOADING = {
    "a syntax error": ("def broken(:\n", "SyntaxError"),
    "no text at all": ("\0", "null bytes"),
    "an import that is not there": ("import not_there\n", "not_there"),
    "an error at import": (HEAD + "\n1 / 0\n", "ZeroDivisionError: division by zero"),
    "a hang at import": (HEAD + "time.sleep(30)\n", "not imported within"),
    "an exit at import": ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
    "an exception that is no Exception": (
        "class Q(BaseException):\n    pass\nraise Q('oh')\n", "Q: oh",
    ),
    "an interrupt at import": ("raise KeyboardInterrupt\n", "KeyboardInterrupt"),
    "an exception without words": (
        "class Q(Exception):\n    def __str__(self):\n        raise Q\nraise Q\n",
        "Q: what it says cannot be shown",
    ),
    "an exception with too many words": ("raise ValueError('x' * 20_000)\n", "xxx ..."),
    "an output that it closes": (
        "import sys\nsys.stdout.close()\n", "closes what the program reads from or writes to",
    ),
    "an interrupt as it declares": (
        HEAD + hook("views", "raise KeyboardInterrupt"), "KeyboardInterrupt",
    ),
    "a kind that is no Exception's": (
        HEAD + "class K(FieldKind):\n    name = 'k'\n    example = 'x'\n"
        "    def parse(self, text, locale):\n        raise GeneratorExit('oh')\n"
        "def k(label, **more):\n    return of_kind(label, K(), **more)\n"
        + hook("field_kinds", "yield NewKind(K, k)"),
        "GeneratorExit: oh",
    ),
    "recursion at import": ("def f():\n    f()\nf()\n", "RecursionError"),
    "no plugin object": ("x = 1\n", "has no `plugin = Plugin"),
    "another plugin's name": (
        HEAD.replace('"acme"', '"leads"'), "calls itself 'leads'; write Plugin('acme')",
    ),
    "another API": (HEAD.replace('version="1"', "api=99"), "API 99"),
    "a plugin that is not there": (HEAD.replace("leads", "nothing"), "requires plugin nothing"),
    "itself": (HEAD.replace("leads", "acme"), "acme, which is itself"),
    "a wrong hook name": (
        HEAD + hook("extension", "return []"),
        "no hook 'crm_extension'; did you mean crm_extensions",
    ),
    "a wrong hook signature": (
        HEAD + hook("views", "return []").replace("():", "(lead):"), "write: def crm_views():",
    ),
    "a hook that is not marked": (
        HEAD + "def crm_views():\n    return []\n", "write @hookimpl above it",
    ),
    "a hook that raises": (HEAD + hook("views", "raise KeyError('oh')"), "KeyError: 'oh'"),
    "a hook that yields nonsense": (
        HEAD + hook("views", "yield 'a list'"), "and not 'a list'",
    ),
    "a hook that returns nonsense": (HEAD + hook("jobs", "return 5"), "returned 5"),
    "a class that is no entity": (
        HEAD + "class Matter(Record):\n    pass\n" + hook("entities", "yield Matter"),
        "crm_entities yields entity",
    ),
    "an entity there is": (
        HEAD + MATTER.replace('"matter"', '"lead"') + hook("entities", "yield Matter"),
        "entity lead is already plugin leads's",
    ),
    "a key of another entity": (
        HEAD + MATTER.replace('title="name"', 'title="name", key="l"')
        + hook("entities", "yield Matter"),
        "key 'l' is already that of lead",
    ),
    "an entity that cannot be stored": (
        HEAD + MATTER.replace('"matter"', '"My Matter"') + hook("entities", "yield Matter"),
        "small letters",
    ),
    "a title that is no field": (
        HEAD + MATTER.replace('title="name"', 'title="nmae"') + hook("entities", "yield Matter"),
        "did you mean name",
    ),
    "a reference to nothing": (
        HEAD + MATTER + "    client: int | None = ref('C', 'cleint', default=None)\n"
        + hook("entities", "yield Matter"),
        "did you mean client",
    ),
    "a field of the program's own name": (
        HEAD + MATTER + "    version: str = text('V', default='')\n"
        + hook("entities", "yield Matter"),
        "the name version is the program's own",
    ),
    "a state there is": (
        HEAD + extension("states=(State('LOST', fallback='CONTACTED'),)"), "exists already",
    ),
    "a state without a fallback": (
        HEAD + extension("states=(State('CHECK', after='CONTACTED'),)"), "needs a fallback",
    ),
    "a state after nothing": (
        HEAD + extension("states=(State('CHECK', after='CONTACT', fallback='LOST'),)"),
        "did you mean CONTACTED",
    ),
    "a guard on nothing": (HEAD + extension("guards=(Guard(len, target='WON'),)"), "names WON"),
    "a move to nothing": (HEAD + extension("moves=(Move(target='WON'),)"), "no state 'WON'"),
    "a move that asks for no field": (
        HEAD + extension("moves=(Move(target='LOST', requires=('reason',)),)"), "lost_reason",
    ),
    "an extension of nothing": (HEAD + extension("", "laed"), "did you mean lead"),
    "a facet without a default": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    x: str = text('X')\n" + extension("facet=F"),
        "needs a default",
    ),
    "a facet of another entity": (
        HEAD + "@facet('deal')\nclass F(Facet):\n    x: str = text('X', default='')\n"
        + extension("facet=F"),
        "is of deal, not lead",
    ),
    "two facets": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    x: str = text('X', default='')\n"
        + hook("extensions", "for _ in 'ab':", "    yield Extension('lead', facet=F)"),
        "two facets",
    ),
    "no facet at all": (HEAD + extension("facet=5"), "AttributeError"),
    "a derived value of nothing": (
        HEAD + extension("derived=(Derived('nmae', ('lead',), len, len),)"), "did you mean name",
    ),
    "a derived value that is typed": (
        HEAD + extension("derived=(Derived('name', ('lead',), len, len),)"),
        "not declared as derived",
    ),
    "a command there is": (
        HEAD + hook("commands", "yield Command('complete', 'action', len)"),
        "already plugin actions's",
    ),
    "a command's key there is": (
        HEAD + hook("commands", "yield Command('look', 'lead', len, key='z')"),
        "key 'z' of lead.look is already that of lead.snooze",
    ),
    "a command on nothing": (
        HEAD + hook("commands", "yield Command('look', 'laed', len)"), "did you mean lead",
    ),
    "a report there is": (
        HEAD + hook("reports", "yield Report(name='pipeline', label='P', run=len)"),
        "already plugin reports's",
    ),
    "a report on nothing": (
        HEAD + hook("reports", "yield Report(name='r', label='P', run=len, entity='laed')"),
        "did you mean lead",
    ),
    "a view of nothing": (HEAD + hook("views", "yield Table('laed', 'L')"), "did you mean lead"),
    "a view of an unknown field": (
        HEAD + hook("views", "yield Table('lead', 'L', filter='is:open nmae:x')"),
        "did you mean name",
    ),
    "a view with a broken filter": (
        HEAD + hook("views", "yield Table('lead', 'L', filter='(name:x')"), "not closed",
    ),
    "a badge of nothing": (HEAD + hook("views", "yield Badge('laed', len)"), "did you mean lead"),
    "an agenda without a start": (
        HEAD + hook("views", "yield Agenda('lead', 'nowhen', 'next_call')"), "nowhen",
    ),
    "a condition of nothing": (
        HEAD + hook("conditions", "yield Condition('laed', 'hot', 'is:open')"),
        "did you mean lead",
    ),
    "a condition there is": (
        HEAD + hook("conditions", "yield Condition('lead', 'stale', 'is:open')"),
        "already plugin stale's",
    ),
    "an export there is": (
        HEAD + hook("exports", "yield Export('consultation', 'ics', len)"),
        "already plugin consultations's",
    ),
    "an export in the program's own format": (
        HEAD + hook("exports", "yield Export('lead', 'csv', len)"), "is the program's own",
    ),
    "a condition that stands for itself": (
        HEAD + hook("conditions", "yield Condition('lead', 'loop', 'is:open -is:loop')"),
        "is:loop stands for itself",
    ),
    "conditions that stand for each other": (
        HEAD + hook(
            "conditions", "yield Condition('lead', 'one', 'is:two')",
            "yield Condition('lead', 'two', 'name:x is:one')",
        ),
        "is:one stands for itself",
    ),
    "a matcher of nothing": (
        HEAD + hook("matchers", "yield Matcher('laed', near=len, pairs=len)"), "did you mean lead",
    ),
    "a facet's field called id": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    id: str = text('X', default='')\n"
        + extension("facet=F"),
        "field 'id' is there already",
    ),
    "a facet's field called as one of the entity": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    name: str = text('X', default='')\n"
        + extension("facet=F"),
        "field 'name' is there already",
    ),
    "two fields of one column": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    fee: object = money('F', default=None)\n"
        "    fee_currency: str = text('X', default='')\n" + extension("facet=F"),
        "needs the column fee_currency",
    ),
    "an entity with a name of the program's": (
        HEAD + MATTER.replace('"matter"', '"crm_commit"') + hook("entities", "yield Matter"),
        "names that begin with crm_ are the program's own",
    ),
    "a default that is no number": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    x: int = number('X', default='abc')\n"
        + extension("facet=F"),
        "field 'x' cannot have the default 'abc'",
    ),
    "a default that is no choice": (
        HEAD + "@facet('lead')\nclass F(Facet):\n    y: str = choice('Y', ('a',), default='zz')\n"
        + extension("facet=F"),
        "field 'y' cannot have the default 'zz': no choice 'zz'",
    ),
    "a parameter's default that is none": (
        HEAD + "@params\nclass P:\n    x: int = number('X', default='abc')\n"
        + hook("commands", "yield Command('look', 'lead', len, params=P)"),
        "cannot have the default 'abc'",
    ),
    "a command called as one of the shell's": (
        HEAD + hook("commands", "yield Command('list', 'lead', len)"),
        "command 'list' is the shell's own",
    ),
    "a condition that means something already": (
        HEAD + hook("conditions", "yield Condition('lead', 'mine', 'name:x')"),
        "is:mine means something already",
    ),
    "a condition that cannot be typed": (
        HEAD + hook("conditions", "yield Condition('lead', 'Hot', 'name:x')"),
        "write it in small letters",
    ),
    "a view with a word that means nothing": (
        HEAD + hook("views", "yield Table('lead', 'L', filter='is:opne')"), "did you mean open",
    ),
    "a setting without a name": (HEAD + hook("settings", "yield Setting('', 1)"), "Setting ''"),
    "a job whose name is none": (
        HEAD + hook("jobs", "yield Job('a b/c', len)"), "Job 'a b/c': give it a name",
    ),
    "a job that does nothing": (
        HEAD + hook("jobs", "yield Job('rest', 5)"), "Job rest: run is no plain function, but 5",
    ),
    "a guard that is none": (
        HEAD + extension("guards=(Guard('no', target='LOST'),)"), "check is no plain function",
    ),
    "a check that waits": (
        HEAD + "async def fine(record, ctx):\n    pass\n" + extension("checks=(fine,)"),
        "checks is no plain function",
    ),
    "a class as a hook": (
        HEAD + "@hookimpl\nclass crm_views:\n    pass\n", "write: def crm_views():",
    ),
    "a hook that waits": (
        HEAD + "@hookimpl\nasync def crm_views():\n    return []\n", "write: def crm_views():",
    ),
    "a called hook that waits": (
        HEAD + "@hookimpl\nasync def crm_started(told):\n    pass\n",
        "write: def crm_started(told):",
    ),
    "a role without a name": (HEAD + hook("policy", "yield Role('', ())"), "Role '': give it"),
    "a grant on nothing": (
        HEAD + hook("policy", "yield Role('x', ('leed.read',))"), "leed.read: no entity 'leed'",
    ),
    "a denial with a broken filter": (
        HEAD + hook("policy", "yield Role('x', (Deny('client.read', where='nosuch:(('),))"),
        "client.read: ",
    ),
    "a denial that asks for no field": (
        HEAD + hook("policy", "yield Role('x', (Deny('client.read', where='nmae:x'),))"),
        "did you mean name",
    ),
    "a grant that is none": (
        HEAD + hook("policy", "yield Role('x', ('nonsense',))"), "entity.verb",
    ),
}  # fmt: skip
"""What is wrong with a plugin, its code, and a part of what is said of it."""

FAIL = "def fail(*given):\n    raise KeyError('oh')\n"
EXIT = "def fail(*given):\n    raise SystemExit('oh')\n"
INTERRUPT = "def fail(*given):\n    raise KeyboardInterrupt('oh')\n"
NONSENSE = "def fail(*given):\n    return object()\n"
WRONG = {"raises": FAIL, "exits": EXIT, "interrupts": INTERRUPT, "answers-nonsense": NONSENSE}
OFF = "to switch it off: crmkit plugin disable acme"


def place_in(firm: Path, text: str, said: str) -> bool:
    """Whether what is said names the line of the plugin acme's file that has a text."""
    file = firm / "plugins" / "acme.py"
    lines = file.read_text(encoding="utf-8").splitlines()
    return f"({file}:{next(n for n, line in enumerate(lines, 1) if text in line)})" in said


def dump(folder: Path) -> list[str]:
    """Return everything that the workspace's database holds."""
    import sqlite3

    with sqlite3.connect(folder / "crmkit.db") as db:
        return [line for line in db.iterdump() if line.startswith("INSERT")]
