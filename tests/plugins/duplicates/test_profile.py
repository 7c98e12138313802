"""What a record tells is read from its declared fields, whatever the entity."""

from __future__ import annotations

import datetime as dt

from crmkit.api import (
    Address,
    Item,
    Record,
    address,
    choice,
    date,
    email,
    entity,
    moment,
    note,
    phone,
    ref,
    text,
)
from crmkit.plugins.duplicates.names import organisation, person
from crmkit.plugins.duplicates.places import place
from crmkit.plugins.duplicates.profile import Reader


@entity("patient", title="surname")
class Patient(Record):
    """A firm's own entity."""

    forename: str = text("Forename", default="")
    surname: str = text("Surname", default="")
    born: dt.date | None = date("Born", default=None)
    next_visit: dt.date | None = date("Next visit", default=None)
    passport_no: str = text("Passport no", default="")
    external_id: str = text("External id", default="")
    mail: tuple[Item, ...] = email("Mail", many=True, identity=True, default=())
    mobile: str = phone("Mobile", default="", identity=True)
    home: Address | None = address("Home")
    employer: str = text("Employer", default="")
    insurer: int | None = ref("Insurer", "account", default=None)
    seen: dt.datetime | None = moment("Seen", default=None, derived=True)
    remarks: str = note("Remarks")


@entity("party", title="name")
class Party(Record):
    """A person or an organisation, as its kind says."""

    name: str = text("Name", default="", personal=True)
    kind: str = choice("Kind", {"PERSON": "Person", "COMPANY": "Company"}, default="COMPANY")


PATIENTS = Reader.of(Patient.spec.fields)
PARTIES = Reader.of(Party.spec.fields)


def test_fields_are_known_by_kind_and_name() -> None:
    profile = PATIENTS.profile(
        Patient(
            id=7,
            forename="Ann",
            surname="Lee",
            born=dt.date(1971, 6, 24),
            next_visit=dt.date(2026, 4, 1),
            passport_no="C01X-00T47",
            external_id="88887777",
            mail=(Item("Ann@Example.com"), Item("lee@example.org")),
            mobile="+441632960001",
            home=Address("1 Elm St", "Leeds", "", "LS1 4AP"),
            employer="Acme Ltd",
            insurer=3,
            remarks="Policy 12345678, since 2020-01-31.",
        )  # fmt: skip
    )
    assert profile.id == 7
    assert profile.name == "Lee"
    assert profile.person == person("Ann", "Lee")
    assert profile.organisation == ()
    assert profile.dates == ("1971-06-24",)
    assert profile.references == ("c01x00t47",)
    assert profile.emails == ("ann@example.com", "lee@example.org")
    assert profile.phones == ("441632960001",)
    assert profile.places == (place("1 Elm Street", "Leeds", "LS1 4AP"),)
    assert profile.employer == ("acme",)
    assert profile.ties == {("account", 3)}
    assert profile.noted == {"12345678", "2020-01-31"}


def test_a_blank_record_tells_nothing() -> None:
    profile = PATIENTS.profile(Patient())
    assert not profile.person
    assert profile.places == profile.dates == profile.references == profile.emails == ()


def test_a_party_is_what_its_kind_says() -> None:
    someone = PARTIES.profile(Party(name="Lee, Ann", kind="PERSON"))
    assert someone.person == person("Ann", "Lee")
    firm = PARTIES.profile(Party(name="Lee & Sons Ltd", kind="COMPANY"))
    assert firm.organisation == organisation("Lee and Sons")


def test_a_legal_form_makes_an_organisation_of_a_person() -> None:
    profile = PARTIES.profile(Party(name="Ann Lee GmbH", kind="PERSON"))
    assert profile.organisation == ("ann", "lee")
    assert not profile.person
