"""What a firm adds without code: fields, stages, roles, views, keys, kept in `custom.toml`.

The program writes the file, and people may read and mend it. It becomes a plugin called `custom`,
through the same declarations as any other.
"""

from crmkit.core.custom.automations import CustomAutomation, CustomSwitch
from crmkit.core.custom.file import change_custom, read_custom, read_switches
from crmkit.core.custom.parts import (
    KINDS,
    Custom,
    CustomColumns,
    CustomField,
    CustomKey,
    CustomRole,
    CustomStage,
    CustomView,
)
from crmkit.core.custom.plugin import FILE, NAME, custom_module

__all__ = [
    "FILE",
    "KINDS",
    "NAME",
    "Custom",
    "CustomAutomation",
    "CustomColumns",
    "CustomField",
    "CustomKey",
    "CustomRole",
    "CustomStage",
    "CustomSwitch",
    "CustomView",
    "change_custom",
    "custom_module",
    "read_custom",
    "read_switches",
]
