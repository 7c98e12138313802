"""The reference for authors of plugins, made from the code: `python -m crmkit.testing.reference`.

It writes docs/hooks.md and docs/kinds.md; a test says when they are no longer fresh.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from crmkit.core import fields, hookspecs
from crmkit.core.asking import HOOKS
from crmkit.core.declare import Deny, Derived, Plugin
from crmkit.core.fields import MARK, Field
from crmkit.core.hooked import CALLED, Origin
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.numbers import NumberKind
from crmkit.core.reports import Chart, Column, Sheet
from crmkit.core.showing import Notification, Tag
from crmkit.core.workflow import Guard, Move, State, Workflow

MADE = "<!-- Made by `python -m crmkit.testing.reference docs`; edit the code, not this file. -->"
BESIDES = (
    Plugin, Derived, Workflow, State, Move, Guard, Deny, Sheet, Column, Chart, Tag, Notification,
    Origin,
)  # fmt: skip
"""What a plugin declares inside of what its hooks yield."""
TEXTS = {
    "text": "Acme Ltd", "note": "First line", "email": "Ann@Example.com",
    "phone": "020 7946 0018", "url": "example.com",
    "address": "1 High St; London; ; N1 1AA; GB", "of_kind": "9", "number": "1,200",
    "percent": "75 %", "money": "1,234.50", "flag": "yes", "date": "fri",
    "moment": "tomorrow 9:30", "choice": "referral", "tags": "vip",
}  # fmt: skip
LOCALE = Locale(
    datetime(2026, 11, 23, 9, tzinfo=UTC), ZoneInfo("Europe/London"), region="GB", currency="GBP"
)


def example(hook: str) -> str:
    """Return the example in a hook's docstring."""
    doc = inspect.getdoc(getattr(hookspecs, hook)) or ""
    return dedent(doc.partition("Example::\n")[2]).strip("\n") + "\n"


def hooks() -> str:
    """Return the reference of hooks and of what they yield."""
    return "\n".join(_hooks()) + "\n"


def _hooks() -> Iterator[str]:
    yield from ("# Hooks", "", MADE, "")
    yield from (
        "A plugin is a module with `plugin = Plugin(...)` and functions named as below, each with",
        "`@hookimpl` above it. Each is called once when the program starts, without arguments, and",
        "yields what the plugin declares. The last ones are called as the program runs, with those",
        "of their arguments that they name. All names in the examples come from `crmkit.api`.",
        "",
    )
    for hook in (*HOOKS, *CALLED):
        kinds = HOOKS[hook][1] if hook in HOOKS else ()
        doc = (inspect.getdoc(getattr(hookspecs, hook)) or "").partition("Example::")[0]
        signature = f"def {hook}{inspect.signature(getattr(hookspecs, hook))}"
        signature = signature.replace("'", "")
        yield from (f"## `{hook}`", "", f"`{signature}`", "", doc.strip(), "")
        yield from ("```python", example(hook).rstrip("\n"), "```", "")
        named = [k.__name__ for k in kinds if k is not type]
        if named:
            yield from (f"It yields {', '.join(f'[{n}](#{n.lower()})' for n in named)}.", "")
    yield from ("# What they yield, and what is in it", "")
    declared = [k for _, kinds in HOOKS.values() for k in kinds if k is not type]
    for cls in (*declared, *BESIDES):
        yield from _class(cls)


def _class(cls: type) -> Iterator[str]:
    yield from (f"## {cls.__name__}", "", inspect.getdoc(cls) or "", "")
    yield from ("| | type | default |", "|---|---|---|")
    for a in attrs.fields(cls):
        if a.name != "owner" and a.init:
            kind = str(a.type).replace("|", "\\|")
            yield f"| `{a.name}` | `{kind}` | {_default(a.default)} |"
    yield ""


def _default(value: Any) -> str:
    if value is attrs.NOTHING:
        return "needed"
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        return "`{}`"
    return f"`{value!r}`" if value != "" else "`''`"


def kinds() -> str:
    """Return the reference of field kinds."""
    return "\n".join(_kinds()) + "\n"


def _kinds() -> Iterator[str]:
    yield from ("# Kinds of fields", "", MADE, "")
    yield from (
        "A field is an attribute of an entity, a facet or a command's parameters, declared by the",
        "function of its kind. `label` is what people read; without `default` the field must be",
        "filled in. What the examples read was typed on Monday 2026-11-23 in London.",
        "",
    )
    for name, make in _functions().items():
        yield from (f"## `{name}`", "", f"`{name}{_signature(make)}`", "")
        yield from (inspect.getdoc(make) or "", "")
        yield from _facts(name, make)
        yield ""
    yield from ("# Settings that every kind takes", "", inspect.getdoc(Field) or "", "")
    yield from ("| | default |", "|---|---|")
    for a in attrs.fields(Field):
        if a.name not in ("name", "label", "kind", "default", "system", "facet", "owner"):
            yield f"| `{a.name}` | {_default(a.default)} |"


def _functions() -> dict[str, Any]:
    found = {}
    for name, make in inspect.getmembers(fields, inspect.isfunction):
        if make.__module__ == fields.__name__ and not name.startswith("_"):
            found[name.rstrip("_")] = make
    return found


def _signature(make: Any) -> str:
    text = re.sub(r"(:|->) '([^']*)'", r"\1 \2", str(inspect.signature(make)))
    text = text.replace(" -> Any", "")
    return re.sub(r"(: Any)? = NOTHING", "", re.sub(r"(\w+): [\w |]*Any\b", r"\1", text))


def _facts(name: str, make: Any) -> Iterator[str]:
    field = _declared(name, make)
    operators = " ".join(
        f"`{op}`" for op in sorted(field.kind.operators, key=lambda o: (len(o), o))
    )
    yield f"- filters: {operators}"
    if field.targets or field.flow:
        return
    text = TEXTS[name]
    value = field.kind.parse(text, LOCALE)
    yield f"- `{text}` is read as `{value!r}`, and shown as `{field.kind.format(value, LOCALE)}`"


def _declared(name: str, make: Any) -> Field:
    given: dict[str, tuple[Any, ...]] = {
        "of_kind": ("Score", NumberKind(0, 10)),
        "choice": ("Source", ("Referral", "Event")),
        "ref": ("Client", "client"),
        "refs": ("Contacts", "contact"),
    }
    if name == "flow":
        flow = Workflow("work", states=(State("OPEN"),))
        return _mark(make(flow, default="OPEN"))
    return _mark(make(*given.get(name, (name.capitalize(),))))


def _mark(attribute: Any) -> Field:
    found: Field = attribute.metadata[MARK]
    return found


PAGES = {"hooks.md": hooks, "kinds.md": kinds}


def main(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
