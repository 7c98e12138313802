"""The kinds for e-mail, phone, web and postal addresses, on outsiders' examples too."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmkit.core.kinds.base import Kind, Locale
from crmkit.core.kinds.reach import Address, AddressKind, EmailKind, PhoneKind, UrlKind

US, GB, NOWHERE = Locale(region="US"), Locale(region="GB"), Locale(region="ZZ")
KINDS = [EmailKind(), PhoneKind(), PhoneKind(strict=True), UrlKind(), AddressKind()]


def accepted(kind: Kind, text: str, locale: Locale = US) -> bool:
    try:
        kind.parse(text, locale)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@given(text=st.text() | st.text(alphabet="ab1 @.+-:/[]\\\";,\n{}x'()\x00\ud800", max_size=40))
@example(text="+" + "1" * 90)
@example(text="http://[")
@example(text="a@" + "a." * 200 + "com")
@example(text="{" * 900)
@example(text='"' + "\\" * 100 + "@[IPv6:")
def test_nothing_but_a_value_error_and_values_are_read_back(kind: Kind, text: str) -> None:
    try:
        value = kind.parse(text, US)
    except ValueError:
        return

    assert value == kind.validate(value)
    assert value == kind.parse(kind.format(value, US), US)
    assert value == kind.load(*kind.store(value))
    assert value == kind.undump(kind.dump(value))
    assert "\x00" not in str(value)
    kind.words(value)
    kind.identity(value)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
def test_what_no_database_keeps_is_refused(kind: Kind, bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be stored"):
        kind.parse(f"jo@example.com 6502530000{bad}", US)


def test_emails_are_judged_as_the_isemail_examples_say(shared: Path) -> None:
    pictures = {0x2400 + code: chr(code) for code in range(33)}
    tests = ElementTree.parse(shared / "data/email/isemail_tests.xml").iter("test")
    judged = Counter(
        (test.findtext("category"), accepted(EmailKind(), address.translate(pictures)))
        for test in tests
        for address in [test.findtext("address") or ""]
    )

    assert judged["ISEMAIL_ERR", False] == 66
    assert judged["ISEMAIL_VALID_CATEGORY", True] == 14
    assert judged["ISEMAIL_DNSWARN", True] == 8
    assert judged["ISEMAIL_ERR", True] == 0


@pytest.mark.parametrize(
    "address",
    [
        "jo@example.com",
        "jo@office.local",
        "jo@io",
        "\u0436\u0435\u043d\u044f@\u043c\u0438\u0440.\u0440\u0444",
        '"jo s"@x.org',
        "jo@[127.0.0.1]",
    ],
)
def test_an_email_is_kept_as_typed(address: str) -> None:
    assert EmailKind().parse(f" {address} ", US) == address
    assert EmailKind().parse(f"mailto:{address}", US) == address


@pytest.mark.parametrize(
    "text",
    ["", "jo", "jo@", "@x.org", "jo@x..org", "jo@x.org, al@x.org", "Jo <jo@x.org>", "jo @x.org"],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    assert not accepted(EmailKind(), text)


def test_emails_that_differ_in_writing_only_are_one_identity() -> None:
    kind = EmailKind()

    assert kind.identity("Jo.Smith@Example.COM") == "jo.smith@example.com"
    assert kind.identity('"jo"@example.com') == kind.identity("jo@example.com")
    assert kind.identity("jo@M\u00fcnchen.de") == kind.identity("jo@xn--mnchen-3ya.de")


def test_phones_are_normalised_as_the_libphonenumber_examples_say(shared: Path) -> None:
    with (shared / "data/phone/libphonenumber_examples.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    counted: Counter[str] = Counter()
    for row in rows:
        text, there = row["national"], Locale(region=row["region"])
        valid = row["valid"] == "true"
        assert PhoneKind.e164(text, there.region) == row["e164"]
        assert PhoneKind().parse(text, there) == (row["e164"] if valid else text)
        assert accepted(PhoneKind(strict=True), text, there) is valid
        assert PhoneKind().valid(row["e164"]) is valid
        counted[row["valid"]] += 1

    assert counted == {"true": 312, "false": 115}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(650) 253-0000", "+16502530000"),
        ("+44 20 7946 0958 ext. 5", "+442079460958;ext=5"),
        ("tel:+1-201-555-0123;ext=7", "+12015550123;ext=7"),
        ("\u0666\u0665\u0660\u0662\u0665\u0663\u0660\u0660\u0660\u0660", "+16502530000"),
        ("+1 555 3227 8544", "+155532278544"),
        ("4711", "4711"),
        ("Home 650 253 0000", "Home 650 253 0000"),
        ("+1 650 253 0000 (office)", "+1 650 253 0000 (office)"),
        ("650 253 0000 / x12", "650 253 0000 / x12"),
    ],
)
def test_a_number_is_normal_where_that_loses_nothing(typed: str, kept: str) -> None:
    assert PhoneKind().parse(typed, US) == kept


def test_a_number_without_country_code_needs_a_region() -> None:
    assert PhoneKind().parse("020 7946 0958", GB) == "+442079460958"
    assert PhoneKind().validate("020 7946 0958") == "020 7946 0958"
    assert not PhoneKind().valid("020 7946 0958")


@pytest.mark.parametrize("text", ["", "12", "phone", "1" * 101])
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    assert not accepted(PhoneKind(), text)


def test_a_strict_phone_refuses_what_the_plans_do_not_hold() -> None:
    with pytest.raises(ValueError, match="is not a phone number"):
        PhoneKind(strict=True).parse("4711", US)


def test_a_phone_is_shown_in_international_form() -> None:
    assert PhoneKind().format("+442079460958;ext=5", US) == "+44 20 7946 0958 x5"


@pytest.mark.parametrize(
    "typed",
    ["+44 20 7946 0958", "02079460958", "020 79", "2079460958", "79460958", "0958", "4420794"],
)
def test_a_phone_is_found_by_its_beginning_or_its_last_part(typed: str) -> None:
    words = PhoneKind().words("+442079460958").split()

    for part in typed.replace("+", "").split():
        assert any(word.startswith(part) for word in words)


def test_phones_that_differ_in_writing_only_are_one_identity() -> None:
    kind = PhoneKind()

    assert kind.identity(kind.parse("(650) 253-0000", US)) == "16502530000"
    assert kind.identity("+16502530000;ext=7") != kind.identity("+16502530000")
    assert kind.identity("47-11") == kind.identity("4711")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.com", "https://example.com"),
        (" HTTP://Example.com/a?b=c#d ", "http://Example.com/a?b=c#d"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("http://intranet/x", "http://intranet/x"),
        ("m\u00fcnchen.de", "https://m\u00fcnchen.de"),
        ("http://[::1]/", "http://[::1]/"),
    ],
)
def test_a_web_address_gets_a_scheme(typed: str, kept: str) -> None:
    assert UrlKind().parse(typed, US) == kept


@pytest.mark.parametrize(
    "text",
    [
        "", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "ftp://example.com",
        "file:///etc/passwd", "https://", "http:///x", "example", "a b.com", "a.com/\u202ex",
        "a.com/\x1b[0m", "jo@example.com", "https://user:secret@example.com", "a.com:99999",
        "https://a..b", "//example.com", "http:example.com", "tel:123", "a.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(text: str) -> None:
    assert not accepted(UrlKind(), text)


def test_web_addresses_that_differ_in_writing_only_are_one_identity() -> None:
    kind = UrlKind()

    assert kind.identity("https://www.Example.com/") == kind.identity("http://example.com")
    assert kind.identity("https://example.com/A") != kind.identity("https://example.com/a")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1 Main St; Boston; MA; 02110; USA", Address("1 Main St", "Boston", "MA", "02110", "USA")),
        ("1 Main St; ; ; 02110", Address("1 Main St", postcode="02110")),
        ("1 Main St, Boston, MA 02110, USA", Address("1 Main St", "Boston", "MA", "02110", "USA")),
        ("1 Main St\nSuite 5\nBoston, MA 02110\nUSA",
         Address("1 Main St, Suite 5", "Boston", "MA", "02110", "USA")),
        ("Hauptstr. 5, 10115 Berlin", Address("Hauptstr. 5", "Berlin", "", "10115")),
        ("10 Downing Street\nLondon SW1A 2AA\nUK",
         Address("10 Downing Street", "London", "", "SW1A 2AA", "UK")),
        ("12 Rue X, Paris", Address("12 Rue X", "Paris")),
        ("The old mill, behind the church", Address("The old mill, behind the church")),
        ("Acme, Suite 5", Address("Acme, Suite 5")),
        ('{"city": "Boston", "country": "US"}', Address(city="Boston", country="US")),
        (" ; ;", Address()),
    ],
)  # fmt: skip
def test_an_address_is_read_from_what_people_type(typed: str, meant: Address) -> None:
    assert AddressKind().parse(typed, US) == meant


@given(st.text(alphabet="a1B, \n5.-", max_size=60))
@example("Acme Inc., 5 X Rd, Floor 2, Boston, Massachusetts 02110, United States")
def test_no_letter_of_an_address_is_lost(text: str) -> None:
    value = AddressKind().parse(text, US)
    letters = Counter(char for char in AddressKind().words(value) if char.isalnum())

    assert letters == Counter(char for char in text if char.isalnum())


PART = st.text(alphabet='ab1 ,;\n{"\\', max_size=8)


@given(st.builds(Address, PART, PART, PART, PART, PART))
def test_every_address_shown_is_read_back(address: Address) -> None:
    kind = AddressKind()
    value = kind.validate(address)
    shown = kind.format(value, US)

    assert value == kind.parse(shown, US)
    assert "\n" not in shown


def test_an_address_shows_as_lines_and_has_no_identity() -> None:
    address = Address("1 Main St", "Boston", "MA", "02110", "USA")

    assert address.lines() == ["1 Main St", "Boston, MA 02110", "USA"]
    assert str(address) == "1 Main St, Boston, MA 02110, USA"
    assert AddressKind().identity(address) == ""
    assert AddressKind().empty(Address())


@pytest.mark.parametrize(
    "text", ["a;b;c;d;e;f", "{", '{"town": "x"}', '{"city": 1}', "[1]" + "x" * 1000]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not accepted(AddressKind(), text)
