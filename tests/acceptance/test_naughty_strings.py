"""Strings that break programs: as a contact's name, as a note, and as what is searched for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crmkit.app import init


def test_every_string_comes_back_and_is_found(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    crm = init(tmp_path / "firm")
    ada = crm.session("ada")
    strings = json.loads((shared / "data" / "text" / "blns.json").read_text(encoding="utf-8"))
    kept: dict[int, str] = {}
    with ada.transaction() as unit:
        for text in strings:
            if text.strip(" \t\r\n"):
                kept[unit.add("contact", last_name=text, notes=text).id] = text
    assert len(kept) >= len(strings) - 2  # nothing but plain blanks is no name
    for id, text in kept.items():
        found = ada.get("contact", id)
        assert (found.last_name, found.notes) == (text, text)
        hits = {h.id for h in ada.search(text, entities=["contact"], limit=1000)}
        assert id in hits or not text.strip()  # blanks alone ask for nothing
    crm.store.close()
