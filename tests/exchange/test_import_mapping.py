"""Columns find their fields: by themselves, or as they are told to."""

from __future__ import annotations

import pytest

from crmkit.core.errors import Usage
from crmkit.core.host import load, module_source
from crmkit.core.model import EntityModel, Model
from crmkit.exchange.mapping import make_mapping
from crmkit.plugins import BUILT_IN


@pytest.fixture(scope="module")
def model() -> Model:
    return load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model


@pytest.fixture
def contact(model: Model) -> EntityModel:
    return model.entity("contact")


def named(entity: EntityModel, columns: list[str], *wanted: tuple[str, str]) -> dict[str, str]:
    found = make_mapping(entity, columns, wanted)
    return {columns[at]: str(target) for at, target in found.targets}


@pytest.mark.parametrize("header", ["last_name", "Last name", "LASTNAME", "Last-Name", "lastName"])
def test_a_header_like_a_field_maps_by_itself(contact: EntityModel, header: str) -> None:
    assert named(contact, [header]) == {header: "last_name"}


def test_the_label_counts_as_a_name(contact: EntityModel) -> None:
    assert named(contact, ["E-mail"]) == {"E-mail": "email"}


def test_fields_that_the_program_fills_in_do_not_map(contact: EntityModel) -> None:
    found = make_mapping(contact, ["id", "Created", "Last activity", "Phone"])
    assert found.unmapped() == ["id", "Created", "Last activity"]


def test_a_field_that_is_told_its_column_takes_no_other(contact: EntityModel) -> None:
    found = named(contact, ["last_name", "Surname"], ("last_name", "Surname"))
    assert found == {"Surname": "last_name"}


def test_several_columns_go_into_a_repeating_field(contact: EntityModel) -> None:
    found = named(contact, ["A", "B"], ("email", "A"), ("email:work", "B"))
    assert found == {"A": "email", "B": "email:work"}


def test_parts_of_an_address_map_by_their_usual_names(model: Model) -> None:
    wanted = (("billing_address.city", "Town"), ("billing_address.zip", "ZIP"))
    found = named(model.entity("account"), ["Town", "ZIP"], *wanted)
    assert found == {"Town": "billing_address.city", "ZIP": "billing_address.postcode"}


def test_a_labelled_address_has_parts(contact: EntityModel) -> None:
    found = named(contact, ["Street"], ("address:home.street", "Street"))
    assert found == {"Street": "address:home.street"}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (("last_nam", "A"), "did you mean last_name"),
        (("last_name", "Aa"), "the file has no column 'Aa'"),
        (("last_activity", "A"), "filled in by the program"),
        (("job_title:work", "A"), "no label"),
        (("address.planet", "A"), "parts of an address"),
    ],
)
def test_what_is_not_known_is_refused(
    contact: EntityModel, wanted: tuple[str, str], said: str
) -> None:
    with pytest.raises(Usage, match=said):
        make_mapping(contact, ["A", "B"], [wanted])


def test_a_field_of_one_value_is_not_read_from_two_columns(model: Model) -> None:
    with pytest.raises(Usage, match="both A and B"):
        make_mapping(model.entity("deal"), ["A", "B"], [("value", "A"), ("value", "B")])


def test_the_key_goes_into_the_external_id(model: Model) -> None:
    found = make_mapping(model.entity("account"), ["Id", "Name"], key="Id")
    assert (found.key, str(found.targets[0][1])) == (0, "imports.external_id")


def test_an_ignored_column_does_not_map(contact: EntityModel) -> None:
    assert make_mapping(contact, ["Phone"], ignore=["Phone"]).targets == ()
