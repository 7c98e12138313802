"""All that a plugin may import: the vocabulary of crmkit."""

from crmkit.core.automation import (
    Automation,
    Created,
    Do,
    Effect,
    Moved,
    Older,
    Reached,
    Switch,
    Updated,
)
from crmkit.core.bringing import NewKind, ShellCommand
from crmkit.core.context import Context
from crmkit.core.declare import (
    API,
    Check,
    Command,
    Deny,
    Derived,
    Extension,
    Grant,
    HomeSection,
    Listener,
    Plugin,
    Role,
    Step,
    Table,
    hookimpl,
)
from crmkit.core.entity import Facet, Record, entity, facet, params
from crmkit.core.errors import Conflict, Denied, Invalid, NotFound, Refused
from crmkit.core.fields import (
    Field,
    Item,
    address,
    choice,
    email,
    flag,
    flow,
    moment,
    money,
    note,
    number,
    of_kind,
    percent,
    phone,
    ref,
    refs,
    tags,
    text,
    url,
)
from crmkit.core.fields import date_ as date
from crmkit.core.hooked import Origin
from crmkit.core.hours import BusinessHours, CalendarTime, Pause, due, elapsed, parse_span
from crmkit.core.journal import Change, Commit
from crmkit.core.kinds.base import Column as Stored
from crmkit.core.kinds.base import Kind as FieldKind
from crmkit.core.kinds.base import Locale, fold
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.reach import Address
from crmkit.core.kinds.refs import Link
from crmkit.core.matching import Match, Matcher, Pair
from crmkit.core.reports import Asked, Chart, Column, Report, Sheet, spoken
from crmkit.core.settings import Setting
from crmkit.core.showing import (
    Agenda,
    Badge,
    Condition,
    Export,
    Job,
    Notification,
    Panel,
    PluginScreen,
    Tag,
    Told,
)
from crmkit.core.workflow import ANY, Guard, Move, State, Workflow

__all__ = [
    "ANY", "API", "Address", "Agenda", "Asked", "Automation", "Badge", "BusinessHours",
    "CalendarTime", "Change", "Chart", "Check", "Column", "Command", "Commit", "Condition",
    "Conflict", "Context", "Created", "Denied", "Deny", "Derived", "Do", "Effect", "Export",
    "Extension", "Facet", "Field", "FieldKind", "Grant", "Guard", "HomeSection", "Invalid",
    "Item", "Job", "Link", "Listener", "Locale", "Match", "Matcher", "Money", "Move", "Moved",
    "NewKind", "NotFound", "Notification", "Older", "Origin", "Pair", "Panel", "Pause",
    "Plugin", "PluginScreen", "Reached", "Record", "Refused", "Report", "Role", "Setting",
    "Sheet", "ShellCommand", "State", "Step", "Stored", "Switch", "Table", "Tag", "Told",
    "Updated", "Workflow", "address", "choice", "date", "due", "elapsed", "email", "entity",
    "facet", "flag", "flow", "fold", "hookimpl", "moment", "money", "note", "number", "of_kind",
    "params", "parse_span", "percent", "phone", "ref", "refs", "spoken", "tags", "text", "url",
]  # fmt: skip
