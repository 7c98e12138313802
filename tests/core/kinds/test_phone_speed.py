"""Stored phone numbers are read by a short cut, which gives what the library gives."""

from __future__ import annotations

import phonenumbers
import pytest

from crmkit.core.kinds.reach import _from_e164, _read, _stored


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_short_cut_reads_what_the_library_reads(region: str) -> None:
    kinds = phonenumbers.PhoneNumberType.values()
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    stored = [_stored(number) for number in examples if number is not None]
    assert [_from_e164(text) for text in stored] == [_read(text, None) for text in stored]
    assert stored


@pytest.mark.parametrize("text", ["", "+", "+0123456", "555 1234", "+1650", "+1650253;ext=1"])
def test_other_text_is_left_to_the_library(text: str) -> None:
    assert _from_e164(text) is None or _from_e164(text) == _read(text, None)
