"""Files with known duplicates, read as profiles: with every column, and as contacts hold them."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

from attrs import frozen

from crmkit.plugins.duplicates.names import organisation, person
from crmkit.plugins.duplicates.places import place
from crmkit.plugins.duplicates.profile import Profile

Pairs = set[tuple[int, int]]


@frozen
class Dataset:
    """Profiles, the pairs that are truly one, and what simple rules find: (found, of them true)."""

    name: str
    profiles: tuple[Profile, ...]
    truth: Pairs
    baselines: dict[str, tuple[int, int]]


@frozen
class Figures:
    """Precision, recall and F1 of what was found."""

    precision: float
    recall: float

    @classmethod
    def of(cls, found: int, right: int, truth: int) -> Figures:
        """Return the figures of so many pairs found, so many of them right."""
        return cls(right / found if found else 0.0, right / truth)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"P {self.precision:.4f}  R {self.recall:.4f}  F1 {self.f1:.4f}"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {key.strip(): (value or "").strip() for key, value in row.items()}
            for row in csv.DictReader(file, skipinitialspace=True)
        ]


def _together(clusters: dict[str, list[int]]) -> Pairs:
    return {pair for ids in clusters.values() for pair in combinations(sorted(ids), 2)}


def _same(rows: list[dict[str, str]], truth: Pairs, *columns: str) -> tuple[int, int]:
    """Return how many pairs are equal in some columns, and how many of them are true."""
    blocks: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        if all(row[column] for column in columns):
            blocks["|".join(row[column] for column in columns)].append(at)
    found = _together(blocks)
    return len(found), len(found & truth)


def _febrl(folder: Path, file: str, full: bool) -> Dataset:
    rows = _rows(folder / file)
    clusters: dict[str, list[int]] = defaultdict(list)
    profiles = []
    for at, row in enumerate(rows):
        clusters[row["rec_id"].split("-")[1]].append(at)
        day, number = row["date_of_birth"], row["soc_sec_id"]
        street = " ".join((row["street_number"], row["address_1"], row["address_2"]))
        iso = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else ""
        profiles.append(
            Profile(
                id=at,
                person=person(row["given_name"], row["surname"]),
                places=(place(street, row["suburb"], row["postcode"], row["state"]),),
                dates=(iso,) if full and iso else (),
                references=(number,) if full and number else (),
            )
        )
    truth = _together(clusters)
    simple = {
        "same number": _same(rows, truth, "soc_sec_id"),
        "same name and birth": _same(rows, truth, "given_name", "surname", "date_of_birth"),
    }
    return Dataset(file, tuple(profiles), truth, simple)


def _splink(folder: Path, full: bool) -> Dataset:
    rows = _rows(folder / "splink_fake_1000.csv")
    clusters: dict[str, list[int]] = defaultdict(list)
    profiles = []
    for at, row in enumerate(rows):
        clusters[row["cluster"]].append(at)
        profiles.append(
            Profile(
                id=at,
                person=person(row["first_name"], row["surname"]),
                emails=(row["email"].lower(),) if row["email"] else (),
                places=(place("", row["city"]),) if row["city"] else (),
                dates=(row["dob"],) if full and row["dob"] else (),
            )
        )
    truth = _together(clusters)
    simple = {
        "same e-mail": _same(rows, truth, "email"),
        "same name": _same(rows, truth, "first_name", "surname"),
    }
    return Dataset("splink_fake_1000.csv", tuple(profiles), truth, simple)


def _chicago(folder: Path) -> Dataset:
    rows = _rows(folder / "chicago_sites.csv")
    entity = {r["Id"]: r["True Id"] for r in _rows(folder / "chicago_sites_truth.csv")}
    clusters: dict[str, list[int]] = defaultdict(list)
    profiles = []
    for at, row in enumerate(rows):
        clusters[entity[row["Id"]]].append(at)
        row["plain"] = re.sub(r"\W+", " ", row["Site name"].lower()).strip()
        row["street"] = re.sub(r"\W+", " ", row["Address"].lower()).strip()
        profiles.append(
            Profile(
                id=at,
                organisation=organisation(row["Site name"]),
                phones=(row["Phone"],) if row["Phone"] else (),
                places=(place(row["Address"], "", row["Zip"]),),
            )
        )
    truth = _together(clusters)
    simple = {"same name and address": _same(rows, truth, "plain", "street")}
    return Dataset("chicago_sites.csv", tuple(profiles), truth, simple)


READERS: dict[str, Callable[[Path], Dataset]] = {
    "febrl1, all columns": lambda f: _febrl(f, "febrl_dataset1.csv", True),
    "febrl1, as contacts": lambda f: _febrl(f, "febrl_dataset1.csv", False),
    "febrl3, all columns": lambda f: _febrl(f, "febrl_dataset3.csv", True),
    "febrl3, as contacts": lambda f: _febrl(f, "febrl_dataset3.csv", False),
    "splink, all columns": lambda f: _splink(f, True),
    "splink, as contacts": lambda f: _splink(f, False),
    "chicago, as accounts": _chicago,
}


def entities(folder: Path, file: str) -> dict[str, str]:
    """Return for each row of a file, by its key, which party it is."""
    if file.startswith("febrl"):
        return {row["rec_id"]: row["rec_id"].split("-")[1] for row in _rows(folder / file)}
    if file.startswith("splink"):
        return {row["unique_id"]: row["cluster"] for row in _rows(folder / file)}
    return {r["Id"]: r["True Id"] for r in _rows(folder / "chicago_sites_truth.csv")}
