"""Changing what the firm adds: parts, their order, the file, and two who save at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crmkit.core.custom import (
    Custom,
    CustomField,
    CustomKey,
    CustomStage,
    CustomView,
    change_custom,
    editing,
    read_custom,
)
from crmkit.core.errors import Invalid, NotFound, Refused


def _field(name: str, entity: str = "lead") -> CustomField:
    return CustomField(entity=entity, name=name, kind="text")


def _whole(*parts: object) -> Custom:
    found = Custom()
    for part in parts:
        found = editing.added(found, part)
    return found


def test_a_part_is_there_once() -> None:
    """Adding it again is refused, putting it replaces it in its place."""
    whole = _whole(_field("one"), _field("two"))
    with pytest.raises(Refused, match="lead one is there already"):
        editing.added(whole, _field("one"))
    put = editing.put(whole, CustomField(entity="lead", name="one", kind="date"))
    assert [(f.name, f.kind) for f in put.fields] == [("one", "date"), ("two", "text")]


def test_order_is_among_those_of_one_entity() -> None:
    """What is of other entities stays where it is; there is a first and a last."""
    whole = _whole(_field("one"), _field("x", "deal"), _field("two"))
    moved = editing.shifted(whole, CustomField, ("lead", "one"), 1)
    assert [f.name for f in moved.fields] == ["two", "x", "one"]
    with pytest.raises(Refused, match="last one"):
        editing.shifted(moved, CustomField, ("lead", "one"), 1)
    with pytest.raises(Refused, match="first one"):
        editing.shifted(moved, CustomField, ("deal", "x"), -1)
    with pytest.raises(NotFound, match="crmkit custom list"):
        editing.shifted(moved, CustomField, ("lead", "no"), 1)


def test_stages_name_the_one_before_them_and_come_behind_it() -> None:
    """However they are moved: what a stage comes after is declared before it."""
    a, b = (CustomStage(entity="deal", code=c, after="LEAD", fallback="LEAD") for c in "AB")
    whole = editing.chained(_whole(a, b), "deal", ["LEAD", "A", "B", "WON"])
    assert [(s.code, s.after) for s in whole.stages] == [("A", "LEAD"), ("B", "A")]
    moved = editing.restaged(whole, "deal", ["LEAD", "A", "B", "WON"], ("deal", "A"), 1)
    assert [(s.code, s.after) for s in moved.stages] == [("B", "LEAD"), ("A", "B")]
    with pytest.raises(Refused, match="first stage"):
        editing.restaged(moved, "deal", ["LEAD", "B", "A", "WON"], ("deal", "B"), -1)


def test_nonsense_is_refused_when_a_part_is_changed() -> None:
    """The part's own rules hold."""
    with pytest.raises(Invalid, match="list the choices"):
        editing.changed(_whole(_field("one")), CustomField, ("lead", "one"), kind="choice")


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Every section there and back."""
    whole = _whole(
        _field("one"),
        CustomStage(entity="deal", code="A", after="LEAD", fallback="LEAD"),
        CustomView(entity="lead", label="Mine", filter='name:"a b"', user="ada", board=True),
        CustomKey(action="lead.claim", keys=("c", "gl")),
    )
    path = tmp_path / "custom.toml"
    change_custom(path, lambda _: whole)
    assert read_custom(path) == whole


def test_two_who_save_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each reads what the one before wrote."""
    path = tmp_path / "custom.toml"

    def add(n: int) -> None:
        change_custom(path, lambda found: editing.added(found, _field(f"f{n}")))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert {f.name for f in read_custom(path).fields} == {f"f{n}" for n in range(40)}


def test_what_is_not_accepted_leaves_the_old_file(tmp_path: Path) -> None:
    """And nothing else beside it."""
    path = tmp_path / "custom.toml"
    change_custom(path, lambda _: _whole(_field("one")))
    before = path.read_bytes()

    def refuse(new: Custom, written: Path) -> None:
        assert read_custom(written) == new
        raise Refused("no")

    with pytest.raises(Refused):
        change_custom(path, lambda _: _whole(_field("two")), refuse)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["custom.lock", "custom.toml"]


def test_a_fingerprint_is_of_what_is_declared_to_all() -> None:
    """Not of plugins, keys and one's own lists; of everything else."""
    plain = Custom()
    own = CustomView(entity="lead", label="Mine", user="ada")
    assert plain.fingerprint() == ""
    assert Custom(enabled=("acme",), keys=(CustomKey(action="new", keys=("n",)),),
                  views=(own,)).fingerprint() == ""  # fmt: skip
    one = _whole(_field("one")).fingerprint()
    assert one != _whole(_field("two")).fingerprint() != ""
