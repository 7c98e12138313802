"""Making a change to what the firm adds: tried on the whole Model, then stored and written."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from crmkit.app import available, open_crm, sources
from crmkit.core import state
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.custom import NAME, Custom, change_custom, read_custom
from crmkit.core.custom.converting import Conversion, convert
from crmkit.core.custom.steps import Step, switch_plugin
from crmkit.core.errors import CrmError, Denied, NotFound, Refused, unknown
from crmkit.core.fields import Field
from crmkit.core.host import CORE, Source
from crmkit.core.journal import Change
from crmkit.core.model import EntityModel
from crmkit.core.policy import Actor
from crmkit.core.rules import stamped
from crmkit.core.serving import READ_ONLY, served
from crmkit.core.store import Store
from crmkit.core.unit import Unit
from crmkit.core.workspace import Workspace, demand_owner
from crmkit.dependants import falling
from crmkit.plugins import BUILT_IN

MARK = "custom"
"""The note in the database that says which declarations it was last brought up to."""

Demand = Callable[[Crm, Custom], None]
"""Looks at the Model that a change would lead to, and raises what it has against it."""


@frozen
class _Draft(Workspace):
    """The workspace as it would be with another file of what the firm adds."""

    written: Path

    @property
    def custom(self) -> Path:
        """The file that is to take the place of `custom.toml`."""
        return self.written


def apply(
    place: Workspace, step: Step, demand: Demand | None = None, actor: Actor = SYSTEM
) -> list[str]:
    """Make a change: the tables first, after a backup, then the file; return what was done.

    The Model that comes of it is loaded before anything is written: what does not fit leaves
    all as it was (Refused). Others who change something at the same time wait for it. Denied
    in a served session, which cannot write the file.
    """
    demand_writable()
    done: list[str] = []

    def accept(new: Custom, written: Path) -> None:
        shared = new.fingerprint() != read_custom(place.custom).fingerprint()
        failed = state.failures(place.state)
        crm = open_crm(_Draft(place.path, place.config, written), upgrade=True)
        with closing(crm.store):
            for name in (NAME, step.plugin):
                if why := crm.off.get(name) or crm.resting.get(name):
                    state.write(place.state, state.FAILURES, failed)
                    told = why.replace(str(written), str(place.custom))
                    stays = f"plugin {name} stays off" if name == step.plugin else "that cannot be"
                    raise Refused(f"{stays}: {told}")
            other = elsewhere(place, crm.store)
            if other and shared:
                raise Refused(other)
            if demand is not None:
                demand(crm, new)
            if step.conversion is None:
                done.extend(crm.upgrade())
            else:
                done.extend(_convert(place, crm, step.conversion, actor))
            if not other:
                mark(place, crm.store, new)

    change_custom(place.custom, step.change, accept)
    return done


def demand_writable() -> None:
    """Raise Denied in a served session: the file lies behind its walls."""
    if served():
        raise Denied(READ_ONLY, grant="custom.update")


def _convert(place: Workspace, new: Crm, wanted: Conversion, actor: Actor) -> list[str]:
    """Bring the values of a field over to its new kind, in one commit, after a backup."""
    from crmkit.sql.replacing import replace

    model = new.model.entity(wanted.entity)
    after = model.field(wanted.key)
    old = open_crm(place)
    with closing(old.store):
        reading, parsing = old.session(SYSTEM), new.session(SYSTEM)
        convert(reading, parsing, wanted).demand(model.plural, after.kind.name)
        done = new.upgrade()
        label = f"Change the kind of {model.label.lower()} {wanted.name}"
        with new.session(actor, "custom").transaction(label) as unit:
            found = convert(reading, parsing, wanted)
            found.demand(model.plural, after.kind.name)
            before = reading.model.entity(wanted.entity).field(wanted.key)
            for id, (was, value) in found.values.items():
                _bring_over(unit, model, id, before, was, after, value)
            replace(cast(Any, old.store), cast(Any, unit.writer), wanted.entity, wanted.key)
    return done


def _bring_over(
    unit: Unit, model: EntityModel, id: int, before: Field, was: Any, after: Field, value: Any
) -> None:
    """Store a value in its new kind; it is no more checked than it was before."""
    old = unit.writer.get(model, id, deleted=True)
    if old is None:
        return
    new = stamped(old.evolve(**{after.key: value}), unit.now, unit.actor_id)
    unit.writer.update(model, [(old, new)])
    unit.changes.append(
        Change(
            entity=model.name, record=id, op="update", before={after.key: before.dump(was)},
            after={after.key: after.dump(value)}, title=new.title,
        )
    )  # fmt: skip


# Two hosts on one database --------------------------------------------------------------------


def mark(place: Workspace, store: Store, custom: Custom | None = None) -> None:
    """Note in the database which declarations it fits, and where they were made."""
    try:
        new = (read_custom(place.custom) if custom is None else custom).fingerprint()
    except CrmError:  # a file that cannot be read declares nothing
        return
    with store.reader() as reader:
        if _noted(reader.meta(MARK)).get("print", "") == new:
            return
    noted = {"print": new, "host": platform.node(), "path": str(place.custom)}
    with store.writer() as writer:
        writer.set_meta(MARK, json.dumps(noted))


def difference(place: Workspace, store: Store) -> str:
    """Return one line where the database fits other declarations than this host's; else ''."""
    where = _last_changed(place, store)
    if where == _own(place):
        return f"{place.custom} was changed by hand since: crmkit upgrade brings the database to it"
    return _elsewhere(place, where)


def elsewhere(place: Workspace, store: Store) -> str:
    """Return one line where the database fits another file's declarations; '' where it does not."""
    return _elsewhere(place, _last_changed(place, store))


def _elsewhere(place: Workspace, where: str) -> str:
    if where in ("", _own(place)):
        return ""
    return (
        f"{place.custom} is not the one that this database was last changed with, which is "
        f"{where}; copy that one here, or let crmkit upgrade take this one"
    )


def _own(place: Workspace) -> str:
    return f"{platform.node()}:{place.custom}"


def _last_changed(place: Workspace, store: Store) -> str:
    """Return whose file the database was brought up to, as HOST:PATH; '' where it fits this one."""
    try:
        here = read_custom(place.custom).fingerprint()
        with store.reader() as reader:
            noted = _noted(reader.meta(MARK))
    except CrmError:
        return ""
    if "print" not in noted or noted["print"] == here:
        return ""
    return f"{noted.get('host', '')}:{noted.get('path', '')}"


def _noted(text: str | None) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# Plugins --------------------------------------------------------------------------------------


@frozen
class PluginState:
    """A plugin that there is: where it comes from, on, off or disabled, and why."""

    name: str
    origin: str
    state: str
    why: str


def plugins(place: Workspace) -> Iterator[PluginState]:
    """Return every plugin there is; none of the firm's is imported for it."""
    on, off = sources(place)
    named = {source.name for source in on}
    failed = {n: f"it requires plugin {r}, which is off" for n, r in falling(on, off).items()}
    failed |= state.failures(place.state)
    known = available(place)
    for name in (*BUILT_IN, *sorted({*known, *off} - {*BUILT_IN, NAME}), NAME):
        why = off.get(name) or (failed.get(name, "") if name in named else "")
        if name == NAME and name not in named and not why:
            continue
        if name in BUILT_IN or name == NAME:
            origin = "crmkit" if name in BUILT_IN else str(place.custom)
        else:
            origin = _origin(known[name]) if name in known else "nowhere"
        how = "off" if why else "on" if name in named else "disabled"
        twin = _twin(known[name]) if name in known and name not in BUILT_IN else ""
        yield PluginState(name, origin, how, "; ".join(filter(None, (why, twin))))


def twins(place: Workspace) -> list[str]:
    """Return a sentence for each plugin that runs and of which there is another of its name."""
    on = {source.name for source in sources(place)[0] if not source.built_in}
    return [
        f"{name}: {_twin(source)}" for name, source in available(place).items()
        if name in on and source.twins
    ]  # fmt: skip


def _origin(source: Source) -> str:
    return f"package {source.entry}" if source.entry else source.path


def _twin(source: Source) -> str:
    if not source.twins:
        return ""
    return f"{_origin(source)} is taken, and not {', '.join(source.twins)}; rename one of them"


def remedy(place: Workspace, name: str) -> str:
    """Return what keeps a plugin off that is off by a fault, so that nothing is said any more.

    While `custom.toml` cannot be read, nothing can be switched: then it is the file to mend.
    """
    try:
        read_custom(place.custom)
    except CrmError:
        return f"plugins can be switched once {place.custom} is mended"
    return f"to leave it so: crmkit plugin disable {name}"


def switch(place: Workspace, name: str, on: bool) -> Step:
    """Switch a plugin on or off; only who may write the workspace's files decides that."""
    if served():
        raise Denied("plugins are switched on the host itself", grant="plugin.enable")
    try:
        demand_owner(place, NAME)
    except Denied:
        raise Denied(
            f"only the owner of {place.path} switches plugins", grant="plugin.enable"
        ) from None
    own = (*BUILT_IN, NAME)
    if name not in {*own, *(p.name for p in plugins(place)), *place.config.plugins}:
        raise missing(place, name)
    return switch_plugin(name, on, name in own)


def missing(place: Workspace, name: str) -> CrmError:
    """Return why nothing can be said, or done, about a plugin: it is off, the core's, or nowhere.

    None of the firm's is imported for it.
    """
    known = {p.name: p for p in plugins(place)}
    found = known.get(name)
    if name in CORE:
        return Refused(f"{name} belongs to the core, and is always on")
    if name == NAME and found is None:
        return NotFound("the firm has added nothing of its own yet; see: crmkit custom --help")
    if found is None:
        return NotFound(f"{unknown('plugin', name, [*known])}; put it into {place.plugins}")
    if found.why:
        return NotFound(f"plugin {name} is off: {found.why}")
    return NotFound(f"plugin {name} is switched off; first: crmkit plugin enable {name}")
