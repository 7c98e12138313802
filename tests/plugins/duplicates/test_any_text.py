"""Whatever text a record holds, it is compared without failing and in either order alike."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.core.model import Model
from crmkit.plugins.duplicates.evidence import Scale
from crmkit.plugins.duplicates.names import organisation, person, person_of, sound, words
from crmkit.plugins.duplicates.nearby import near
from crmkit.plugins.duplicates.places import place
from crmkit.plugins.duplicates.profile import Profile, Reader, noted
from crmkit.plugins.duplicates.scan import pairs

lines = st.text(max_size=30)
people = st.builds(
    lambda first, last, street, text: Profile(
        id=1,
        person=person(first, last),
        places=(place(street, text),),
        emails=(text,) if text else (),
        dates=(text,) if text else (),
        references=(text,) if text else (),
        noted=noted(text),
    ),
    lines, lines, lines, lines,
)  # fmt: skip
firms = st.builds(
    lambda name, street: Profile(id=2, organisation=organisation(name), places=(place(street),)),
    lines, lines,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(people, firms), st.one_of(people, firms))
def test_two_records_score_alike_in_either_order(one: Profile, other: Profile) -> None:
    score, reasons = Scale().score(one, other)
    assert 0 <= score <= 100
    assert score == Scale().score(other, one)[0]
    assert all(reasons)


@settings(max_examples=100, deadline=None)
@given(lines)
def test_any_name_is_divided_into_folded_words(text: str) -> None:
    assert all(words(text))
    assert all(len(sound(word)) <= 4 for word in words(text))
    assert bool(person_of(text)) == bool(words(text))


def test_naughty_strings_are_compared_as_names(shared: Path, model: Model) -> None:
    strings = json.loads((shared / "data" / "text" / "blns.json").read_text(encoding="utf-8"))
    entity = model.entity("contact")
    reader = Reader.of(entity.fields)
    records = [
        entity.spec.cls(id=n, first_name=text, last_name=text, notes=text)
        for n, text in enumerate(strings, 1)
    ]
    found = pairs(reader.profile(record) for record in records)
    assert all(pair.first < pair.second for pair in found)
    for record in records:
        assert near(record, reader, lambda record: (), lambda words, limit: ()) == []
