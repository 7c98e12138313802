"""The contract: each promise can be broken, and says how."""

from __future__ import annotations

import re

import pytest
from _pytest.outcomes import Failed

from crmkit.testing import PluginContract
from tests.testing.conftest import FirmOf

HOOK = "@hookimpl\ndef crm_extensions():\n    yield Extension('lead', {})\n"
FACET = "@facet('lead')\nclass Mine(Facet):\n    code: str = text('Code', default='')\n"
BADGE = "@hookimpl\ndef crm_views():\n    yield Badge('lead', show)\n"

BROKEN = [
    ("test_it_loads_strictly", 'plugin = Plugin("other")\n', "it calls itself 'other'"),
    ("test_it_imports_only_the_api", "import crmkit.core.errors\n", "acme.py:4 imports crmkit"),
    ("test_it_imports_only_the_api", "from crmkit import sql\n", "imports crmkit.sql"),
    (
        "test_rules_survive_an_empty_record",
        "def first(lead, ctx):\n    return lead.name[0]\n" + HOOK.format("checks=(first,)"),
        "acme fails on an empty record: TypeError",
    ),
    (
        "test_rules_survive_an_empty_record",
        "def first(before, after, ctx):\n    return {'notes': after.name[0]}\n"
        + HOOK.format("fills=(first,)"),
        "acme fails on an empty record: TypeError",
    ),
    (
        "test_rules_survive_an_empty_record",
        "def first(lead, ctx):\n    return lead.name[0]\n"
        + HOOK.format("guards=(Guard(first, target='LOST'),)"),
        "NoneType",
    ),
    (
        "test_rules_survive_an_empty_record",
        "def show(lead, told):\n    return Tag(lead.name[0])\n" + BADGE,
        "a badge of acme fails on an empty lead",
    ),
]


@pytest.mark.parametrize(("promise", "code", "said"), BROKEN)
def test_a_broken_promise_is_told(firm_of: FirmOf, promise: str, code: str, said: str) -> None:
    """By the name of the plugin, and the place where there is one."""
    with pytest.raises((AssertionError, Failed, Exception), match=re.escape(said)):
        getattr(PluginContract(), promise)(firm_of(code))


def test_a_view_that_fails_on_records_is_told(firm_of: FirmOf) -> None:
    """A badge that fails on a whole record, and a report that needs one."""
    firm = firm_of("def show(lead, told):\n    return Tag(1 / len(lead.lost_reason[9:]))\n" + BADGE)
    with pytest.raises(AssertionError, match="a badge of lead fails: acme!"):
        PluginContract().test_everything_is_shown_to_every_role(firm, "one")


def test_a_report_that_needs_a_record_is_told(firm_of: FirmOf) -> None:
    """With none there is nothing to divide by."""
    firm = firm_of(
        "def run(asked):\n    return 1 / asked.count('lead')\n"
        "@hookimpl\ndef crm_reports():\n    yield Report(name='odd', label='Odd', run=run)\n"
    )
    with pytest.raises(Exception, match="report odd of plugin acme failed: ZeroDivisionError"):
        PluginContract().test_everything_is_shown_to_every_role(firm, "none")


def test_values_that_do_not_come_back_are_told(firm_of: FirmOf) -> None:
    """What a facet held before it was switched off is compared with what it holds after."""
    firm = firm_of(FACET + HOOK.format("facet=Mine"))
    reopen = firm.reopen

    def forgetful(**given: object) -> None:
        reopen(**given)
        if not given:
            firm.admin.set("lead", 1, {"code": "another"})

    firm.reopen = forgetful  # type: ignore[method-assign, assignment]
    with pytest.raises(AssertionError):
        PluginContract().test_its_data_outlives_being_off(firm)
