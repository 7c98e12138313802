"""What one plugin declares, as its hooks yielded it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from crmkit.core.automation import Automation, Effect, Switch
from crmkit.core.bringing import NewKind, ShellCommand
from crmkit.core.declare import (
    Check,
    Command,
    Extension,
    HomeSection,
    Listener,
    Plugin,
    Role,
    Step,
    Table,
)
from crmkit.core.entity import Record
from crmkit.core.hooked import Hooked
from crmkit.core.matching import Matcher
from crmkit.core.reports import Report
from crmkit.core.settings import Setting
from crmkit.core.showing import Agenda, Badge, Condition, Export, Job, Panel, PluginScreen

View = Table | HomeSection | Badge | Panel | PluginScreen | Agenda


@frozen(kw_only=True)
class Contribution:
    """What one plugin declared, with the plugin's name kept to the end."""

    plugin: Plugin
    entities: tuple[type[Record], ...] = ()
    extensions: tuple[Extension, ...] = ()
    kinds: tuple[NewKind, ...] = ()
    roles: tuple[Role, ...] = ()
    commands: tuple[Command, ...] = ()
    views: tuple[View, ...] = ()
    settings: tuple[Setting[Any], ...] = ()
    conditions: tuple[Condition, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    reports: tuple[Report, ...] = ()
    exports: tuple[Export, ...] = ()
    shell: tuple[ShellCommand, ...] = ()
    jobs: tuple[Job, ...] = ()
    automations: tuple[Automation | Switch, ...] = ()
    effects: tuple[Effect, ...] = ()
    listeners: tuple[Listener, ...] = ()
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    hooked: tuple[Hooked, ...] = ()
