"""A plugin that fails at a chosen moment, to stand beside the one that a test is about."""

from __future__ import annotations

from collections.abc import Callable

from crmkit.core.errors import unknown
from crmkit.core.host import CORE
from crmkit.core.model import EntityModel

NAME = "broken"
"""What the broken plugin is called."""
Break = Callable[..., str]

_HEAD = """\
from crmkit.api import *
plugin = Plugin("broken", version="1.0", requires=REQUIRES)

def fail(*given, **named):
    raise RuntimeError("broken on purpose")
"""


def _yields(hook: str, what: str) -> str:
    return f"{_HEAD}\n@hookimpl\ndef crm_{hook}():\n    yield {what}\n"


def _called(hook: str, *given: str) -> str:
    return f"{_HEAD}\n@hookimpl\ndef crm_{hook}({', '.join(given)}):\n    fail()\n"


_PHASES = {
    "syntax": "def broken(:\n",
    "import": "raise RuntimeError('broken on purpose')\n",
    "declare": _yields("views", "fail()"),
    "merge": _yields("views", "Table('nothing_of_that_name', 'Broken')"),
    "check": _yields("extensions", "Extension(ENTITY, checks=(fail,))"),
    "fill": _yields("extensions", "Extension(ENTITY, fills=(fail,))"),
    "reaction": _yields("extensions", "Extension(ENTITY, reactions=(fail,))"),
    "guard": _yields("extensions", "Extension(ENTITY, guards=(Guard(fail),))"),
    "command": _yields("commands", "Command('break', ENTITY, fail)"),
    "condition": _yields("conditions", "Condition(ENTITY, 'broken', fail)"),
    "report": _yields("reports", "Report(name='broken', label='Broken', run=fail)"),
    "badge": _yields("views", "Badge(ENTITY, fail)"),
    "panel": _yields("views", "Panel(ENTITY, 'Broken', fail)"),
    "listener": _yields("listeners", "Listener('broken', fail)"),
    "job": _yields("jobs", "Job('broken', fail)"),
    "started": _called("started"),
    "stopping": _called("stopping"),
    "notify": _called("notify", "notice"),
}
PHASES = tuple(_PHASES)
"""The moments at which it can fail: before it runs (the first four), or in what it brings."""


def code(phase: str, entity: EntityModel) -> str:
    """Return the text of a plugin that fails in a phase; ValueError for one that there is not."""
    if phase not in _PHASES:
        raise ValueError(unknown("phase", phase, [*PHASES]))
    requires = () if entity.plugin in CORE else (entity.plugin,)
    text = _PHASES[phase].replace("REQUIRES", repr(requires))
    return text.replace("ENTITY", repr(entity.name))
