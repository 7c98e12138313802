"""Personal data: told whole, erased for good, in records, journal, search and the file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmkit.core.audit import compare_records, verify
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, NotFound, Refused
from crmkit.core.fields import Item
from crmkit.core.kinds.refs import Link
from crmkit.core.session import Session
from crmkit.core.store import Select
from tests.core.conftest import Login

SECRET = ("Quillon", "Zubrowka", "quillon@zubrowka.example", "Xanthippe", "Brobdingnag")


@pytest.fixture
def person(admin: Session) -> int:
    """A client of whom the CRM knows something in five entities and three versions."""
    lead = admin.add("lead", name="Quillon Zubrowka", email="quillon@zubrowka.example")
    client = admin.add("client", name="Quillon Zubrowka", tax_id="Brobdingnag 7")
    admin.set("lead", lead.id, {"client": client.id, "notes": "Knows Xanthippe."})
    admin.set("client", client.id, {"name": "Quillon Brobdingnag"})
    admin.set("client", client.id, {"name": "Q. Zubrowka"})
    admin.add(
        "action", subject="Ring Quillon", about=Link("client", client.id), notes="Of Xanthippe."
    )
    admin.add("complaint", subject="Quillon waits", complainant=Link("client", client.id))
    twin = admin.add("client", name="Zubrowka, Quillon", notes="Xanthippe's cousin")
    admin.merge("client", client.id, [twin.id])
    return client.id


def everything(crm: Crm) -> str:
    """Return all that the journal and the records hold, as text."""
    with crm.store.reader() as reader:
        commits = [reader.commit(c.id) for c in reader.commits(limit=10_000)]
        records: list[Any] = []
        for entity in crm.model.entities.values():
            found = reader.find(Select(entity=entity, limit=10_000, deleted=True))
            records += [[f.dump(r.get(f)) for f in entity.fields] for r in found]
    return repr((commits, records))


def test_nothing_of_a_person_is_left_anywhere(crm: Crm, admin: Session, person: int) -> None:
    """Records, journal and labels lack it; what was not personal is there as before."""
    assert all(word in everything(crm) for word in SECRET)
    done = admin.erase("client", person)
    left = everything(crm)
    assert [word for word in SECRET if word in left] == []
    assert {entity for entity, _ in done.records} == {"client", "lead", "action", "complaint"}
    assert admin.get("client", person).title == "erased"
    assert admin.search("Quillon") == []
    assert admin.search("Xanthippe") == []


def test_the_chain_is_verified_as_before(crm: Crm, admin: Session, person: int) -> None:
    before = [(c.id, c.hash) for c in admin.log(limit=1000)]
    admin.erase("client", person)
    audit = verify(crm.store)
    assert audit.faults == []
    assert compare_records(crm.store, crm.model) == []
    assert [(c.id, c.hash) for c in admin.log(limit=1000)][1:] == before


def test_other_people_are_as_they_were(crm: Crm, admin: Session, person: int) -> None:
    other = admin.add("client", name="Somebody Else", notes="Knows Xanthippe too.")
    before = [e.change for e in admin.history("client", other.id)]
    admin.erase("client", person)
    assert admin.get("client", other.id).notes == "Knows Xanthippe too."
    assert [e.change for e in admin.history("client", other.id)] == before
    assert verify(crm.store).faults == []


def test_what_is_left_in_the_journal_cannot_be_altered_unnoticed(
    crm: Crm, admin: Session, person: int
) -> None:
    """What an erasure left of a commit is told by the erasure itself."""
    admin.erase("client", person)
    entry = admin.history("client", person)[-1]
    with crm.store.writer() as writer:
        whole = writer.commit(entry.commit.id)
        assert whole is not None
        changed = tuple(evolve(c, after={**c.after, "segment": "VIP"}) for c in whole.changes)
        writer.redact([evolve(whole, changes=changed)])
    assert verify(crm.store).faults != []


def test_it_is_erased_again_once_it_came_back(crm: Crm, admin: Session, person: int) -> None:
    """Each erasure speaks for what the journal holds then."""
    admin.erase("client", person)
    admin.set("client", person, {"name": "Quillon again"})
    admin.erase("client", person)
    assert "Quillon" not in everything(crm)
    assert verify(crm.store).faults == []
    assert compare_records(crm.store, crm.model) == []


def test_what_is_erased_cannot_be_undone(crm: Crm, admin: Session, person: int) -> None:
    """Neither the erasure itself nor what was written before it brings a value back."""
    ids = [c.id for c in admin.log(limit=100)]
    done = admin.erase("client", person)
    with pytest.raises(Refused, match="what was erased does not come back"):
        admin.undo(done.commit.id)
    for id in ids:
        try:
            admin.undo(id)
        except Refused:
            continue
    left = everything(crm)
    assert [word for word in SECRET if word in left] == []
    assert verify(crm.store).faults == []


def test_a_deleted_record_is_erased_and_stays_deleted(
    crm: Crm, admin: Session, person: int
) -> None:
    admin.delete("client", person)
    admin.erase("client", person)
    assert "Quillon" not in everything(crm)
    assert admin.get("client", person, deleted=True).deleted_at is not None
    assert compare_records(crm.store, crm.model) == []


def test_of_a_merged_record_the_one_that_stayed_is_named(admin: Session) -> None:
    keep, lose = (admin.add("client", name=name).id for name in ("Keep", "Lose"))
    admin.merge("client", keep, [lose])
    with pytest.raises(Refused, match=f"was merged into {keep}"):
        admin.erase("client", lose)
    admin.erase("client", keep)
    assert admin.get("client", lose).id == keep


def test_it_needs_its_own_grant(crm: Crm, login: Login, person: int) -> None:
    """Who may change everything may not erase; who may not export is told nothing."""
    supervisor = login("sue", "crm_supervisor")
    before = everything(crm)
    with pytest.raises(Denied, match=r"client\.erase"):
        supervisor.erase("client", person)
    with pytest.raises(Denied):
        supervisor.erasable("client", person)
    with pytest.raises(Denied):
        supervisor.personal_data("client", person)
    assert everything(crm) == before
    assert login("max", "crm_manager").erase("client", person).records
    with pytest.raises(NotFound):
        login("max", "crm_manager").erase("client", 4711)


def test_all_that_is_kept_is_told_first(admin: Session, person: int) -> None:
    """Values of all records about a person, and what they were before."""
    told = admin.personal_data("client", person).records
    assert {one.entity for one in told if one.values} == {"client", "lead", "action", "complaint"}
    found = {one.entity: one for one in told if one.entity != "client"}
    client = next(one for one in told if (one.entity, one.record) == ("client", person))
    assert client.values["name"] == "Q. Zubrowka"
    assert client.former["name"] == ["Quillon Zubrowka", "Quillon Brobdingnag"]
    assert found["lead"].values["email"] == "quillon@zubrowka.example"


def test_no_byte_of_it_is_left_in_the_file(
    crm: Crm, admin: Session, person: int, tmp_path: Path
) -> None:
    """Freed pages, the search index and the log are overwritten too."""
    path = tmp_path / "crmkit.db"
    if not path.exists():
        pytest.skip("this is about SQLite's file; PostgreSQL vacuums")
    for n in range(300):
        admin.add("contact", last_name=f"Other {n}", email=(Item(f"other{n}@mail.example"),))
    spelled = {*SECRET, *(word.lower() for word in SECRET)}
    assert found_in(tmp_path, spelled) == spelled
    admin.erase("client", person)
    crm.store.close()
    assert found_in(tmp_path, spelled) == set()


def found_in(folder: Path, words: set[str]) -> set[str]:
    """Return the words that stand in the bytes of the database's files."""
    raw = b"".join(file.read_bytes() for file in folder.glob("crmkit.db*"))
    return {word for word in words if word.encode() in raw}
