"""The made-up firm in a workspace: all of it lands, sound and owned by somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.app import init
from crmkit.core.audit import verify
from crmkit.core.errors import Fault
from crmkit.demo.firm import DemoFirm
from crmkit.demo.loader import SEED, load_demo


def test_the_firm_lands_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    crm = init(tmp_path / "firm", currency="GBP")
    told: list[int] = []
    assert load_demo(crm, 120, progress=told.append) == 120
    ada = crm.session("ada")
    counts = DemoFirm(120, SEED, crm.clock().date()).counts
    assert {name: ada.count(name) for name in counts} == counts
    assert ada.count("user") == 8
    assert ada.count("lead", "owner:me") + ada.count("deal", "salesperson:me") > 0
    assert told[-1] == 120
    assert (verify(crm.store).faults, crm.store.verify()) == ([], [])
    with pytest.raises(Fault, match="empty workspace"):
        load_demo(crm, 20)
    crm.store.close()
