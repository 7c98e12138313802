"""What plugins do as the program runs: hooks that are called, and not asked for declarations."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from crmkit.core.blaming import blaming
from crmkit.core.errors import CrmError, Denied, Fault

if TYPE_CHECKING:
    from crmkit.core.model import Model
    from crmkit.core.session import Session

CALLED: Mapping[str, tuple[str, ...]] = {
    "crm_started": ("told",),
    "crm_stopping": ("told",),
    "crm_notify": ("notice", "told"),
    "crm_authenticate": ("origin",),
}
"""Every hook of the kind, and what it may be given."""
PATIENCE = 3
"""After how many failures in a row a plugin's function is left alone, while the program runs."""
_failures: dict[tuple[str, str], int] = {}
_log = logging.getLogger("crmkit.hooks")


@frozen
class Hooked:
    """A plugin's function for a hook; it is given those of the hook's arguments that it takes."""

    name: str
    run: Callable[..., Any]
    arguments: Sequence[str]
    owner: str = ""

    def __call__(self, **given: Any) -> Any:
        return self.run(**{name: given[name] for name in self.arguments})


def hooked(name: str, run: Callable[..., Any], arguments: Sequence[str]) -> Hooked:
    """Return a plugin's function for a hook; Fault where it would never do anything."""
    if inspect.isgeneratorfunction(run):
        raise Fault(f"{name} is called and yields nothing; write it without yield")
    return Hooked(name, run, tuple(arguments))


def happen(session: Session, name: str, **given: Any) -> None:
    """Call a hook of every plugin; what goes wrong in one is logged, and stops nothing."""
    for one in session.model.hooked:
        failed = _failures.get((one.owner, name), 0)
        if one.name != name or failed >= PATIENCE:
            continue
        try:
            with blaming(one.owner, name, one.run, lets="none"):
                one(told=session.told, **given)
        except CrmError as error:
            _failures[one.owner, name] = failed + 1
            left = "; it is left alone now" if failed + 1 == PATIENCE else ""
            _log.warning("%s%s", error, left)
        else:
            _failures.pop((one.owner, name), None)


@frozen
class Origin:
    """Where somebody at this machine comes from: `login` is the operating system's name for him."""

    login: str


def authenticated(model: Model, origin: Origin) -> str:
    """Return who somebody is: what the first plugin says that knows him, the firm's before ours.

    Denied where a plugin fails, or says what is no name, and where none knows him.
    """
    for one in reversed([h for h in model.hooked if h.name == "crm_authenticate"]):
        try:
            with blaming(one.owner, one.name, one.run, lets="none"):
                name = one(origin=origin)
                if name is not None and (not isinstance(name, str) or not name.strip()):
                    raise TypeError(f"it answered {name!r}, which is no name")
        except CrmError as error:
            why = f"plugin {one.owner} cannot say who {origin.login} is: {error}"
            raise Denied(why) from error
        if name is not None:
            return str(name)
    raise Denied(f"no plugin says who {origin.login} is")


def forget() -> None:
    """Give functions that were left alone another chance."""
    _failures.clear()
