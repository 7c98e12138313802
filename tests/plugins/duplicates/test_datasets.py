"""Files with known duplicates: better than every simple rule, with one threshold for all.

`pytest -s` prints precision, recall and F1 beside those of the rules.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from crmkit.core.reports import Asked
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from crmkit.plugins.duplicates.scan import pairs
from tests.plugins.duplicates.datasets import READERS, Figures, entities

LEAST = {
    "febrl1, all columns": 0.99,
    "febrl1, as contacts": 0.98,
    "febrl3, all columns": 0.99,
    "febrl3, as contacts": 0.97,
    "splink, all columns": 0.92,
    "splink, as contacts": 0.88,
    "chicago, as accounts": 0.93,
}
"""What F1 must not fall under, whatever is changed."""


@pytest.fixture
def folder(shared: Path) -> Path:
    """The folder of the files; skips where they are absent."""
    found = shared / "data" / "duplicates"
    if not found.is_dir():
        pytest.skip(f"no files with known duplicates in {found}")
    return found


@pytest.mark.parametrize("name", READERS)
def test_a_scan_beats_every_simple_rule(name: str, folder: Path) -> None:
    data = READERS[name](folder)
    found = {(pair.first, pair.second) for pair in pairs(data.profiles)}
    ours = Figures.of(len(found), len(found & data.truth), len(data.truth))
    print(f"\n{name}: {len(data.profiles):,} records, {len(data.truth):,} true pairs")
    print(f"  {'scan':22} {len(found):6,} found {len(found & data.truth):6,} true  {ours}")
    for rule, (count, right) in data.baselines.items():
        theirs = Figures.of(count, right, len(data.truth))
        print(f"  {rule:22} {count:6,} found {right:6,} true  {theirs}")
        assert ours.f1 > theirs.f1
    assert ours.f1 >= LEAST[name]


FEBRL = (
    "first_name=given_name", "last_name=surname", "address.street=address_1",
    "address.city=suburb", "address.postcode=postcode", "address.region=state",
)  # fmt: skip
NOTED = ("notes=street_number", "notes=address_2", "notes=date_of_birth", "notes=soc_sec_id")
SPLINK = ("last_name=surname", "address.city=city")
SITES = ("name=Site name", "billing_address.street=Address", "billing_address.postcode=Zip")


@pytest.mark.parametrize(
    ("entity", "file", "key", "maps", "best", "least"),
    [
        ("contact", "febrl_dataset1.csv", "rec_id", FEBRL, 0.9474, 0.97),
        ("contact", "febrl_dataset1.csv", "rec_id", FEBRL + NOTED, 0.9474, 0.98),
        ("contact", "febrl_dataset3.csv", "rec_id", FEBRL, 0.9228, 0.96),
        ("contact", "splink_fake_1000.csv", "unique_id", SPLINK, 0.5028, 0.87),
        ("account", "chicago_sites.csv", "Id", SITES, 0.4217, 0.92),
    ],
    ids=["febrl1", "febrl1 with notes", "febrl3", "splink", "chicago"],
)  # fmt: skip
def test_an_imported_file_is_scanned_as_well(
    entity: str, file: str, key: str, maps: tuple[str, ...], best: float, least: float,
    folder: Path, session: Session,
) -> None:  # fmt: skip
    run_import(session, entity, folder / file, ImportOptions.from_texts(map=maps, key=key))
    called = {
        record.id: str(record.get(session.model.entity(entity).field("external_id")))
        for record in Asked(session=session).records(entity)
    }
    truth: dict[str, list[str]] = defaultdict(list)
    for row, party in entities(folder, file).items():
        truth[party].append(row)
    true = {frozenset(two) for rows in truth.values() for two in combinations(rows, 2)}
    found = {frozenset((called[p.first], called[p.second])) for p in session.pairs(entity)}
    ours = Figures.of(len(found), len(found & true), len(true))
    print(f"\n{file}: {len(called):,} imported as {entity}, {len(found):,} pairs  {ours}")
    assert ours.f1 > best
    assert ours.f1 >= least
