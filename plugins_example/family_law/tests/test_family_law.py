"""What the firm was promised."""

import pytest

from crmkit.api import Refused
from crmkit.testing import PluginContract

plugin = "family_law"


class TestContract(PluginContract):
    """It keeps the contract of all plugins."""


def test_a_lead_is_not_qualified_before_the_conflict_is_checked(crm):
    lead = crm.make("lead", name="Ann Other", other_party="Bob Other")
    assert crm.admin.move("lead", lead.id, "CONFLICT_CHECK").status == "CONFLICT_CHECK"
    with pytest.raises(Refused, match="conflict of interest"):
        crm.admin.move("lead", lead.id, "QUALIFIED")
    lead = crm.admin.move("lead", lead.id, "QUALIFIED", {"no_conflict": True})
    assert lead.status == "QUALIFIED"
    assert crm.value(lead, "other_party") == "Bob Other"


def test_the_other_party_is_found(crm):
    lead = crm.make("lead", other_party="Bob Other")
    assert [hit.id for hit in crm.admin.search("bob")] == [lead.id]
