"""Kinds for how people are reached: e-mail, phone and web addresses (and postal ones)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from attrs import frozen

from crmkit.core.kinds.address import Address, AddressKind
from crmkit.core.kinds.base import Kind, Locale, fold
from crmkit.core.kinds.words import storable

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

__all__ = ["Address", "AddressKind", "EmailKind", "PhoneKind", "UrlKind"]

_LONGEST_URL = 2000
_LONGEST_PHONE = 100

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9]|-(?!-)){0,61}(?<!-)"
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_USUAL_EMAIL = re.compile(
    rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)*[A-Za-z]{_LABEL}", re.ASCII
)
_NOT_A_PHONE = re.compile(r"(?!tel:)\W*[^\W\d]|.*[/\\]\s*x", re.IGNORECASE | re.DOTALL)
"""A word before the number, or a second one after it: what the library would drop in silence."""
_INTERNATIONAL = re.compile(r"\+[\d\s().\-/]+", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{4,17}")
_NO_DIGITS = re.compile(r"[^0-9]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)")
_SCHEMES = ("http", "https")


@frozen
class EmailKind(Kind):
    """An e-mail address, kept as typed; nothing is asked of the network."""

    name: ClassVar[str] = "email"

    def parse(self, text: str, locale: Locale) -> str:
        text = storable(text).strip(" \t")
        return self.validate(text[7:] if text.lower().startswith("mailto:") else text)

    def validate(self, value: Any) -> str:
        """Return the address; ValueError where RFC 5321 and 6531 do not allow it.

        Addresses in the usual ASCII form are decided here, which spares loading the library and
        also lets internal ones pass: a host without a dot, `.local`, `.test`, `.invalid`.
        """
        address = storable(value).strip(" \t")
        if len(address) > 254:
            raise ValueError(f"an e-mail address has at most 254 characters, not {len(address)}")
        if not _USUAL_EMAIL.fullmatch(address):
            _check_unusual_email(address)
        return address

    def words(self, value: Any) -> str:
        return str(value)

    def identity(self, value: Any) -> str:
        """Return the address in lower case, folded, its domain in ASCII (IDNA) form."""
        local, _, domain = str(value).strip().rpartition("@")
        if re.fullmatch(rf'"{_ATOM}(?:\.{_ATOM})*"', local, re.ASCII):
            local = local[1:-1]
        return f"{fold(local)}@{_ascii_domain(domain)}"


def _check_unusual_email(address: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    # The library lets a quoted backslash stand before anything; RFC 5321 wants it before ASCII.
    if re.search(r"\\[^ -~]", address):
        raise ValueError("the e-mail address has a backslash before a character that needs none")
    try:
        validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=True,
            allow_domain_literal=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        reason = " ".join(str(error).split()).rstrip(".")
        reason = reason[:1].lower() + reason[1:]
        raise ValueError(f"{_short(address)} is not an e-mail address: {reason}") from None


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return fold(domain)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


@frozen
class PhoneKind(Kind):
    """A phone number: E.164 with `;ext=` for an extension, where it is a number of the region.

    What is not a valid number is kept as typed (`strict` refuses it): firms hold internal
    numbers, old ones and ones with remarks, which a guess would spoil.
    """

    name: ClassVar[str] = "phone"
    strict: bool = False

    @staticmethod
    def e164(text: str, region: str) -> str:
        """Return the digits in E.164 form, of numbers that are not valid too; '' for none."""
        number = _read(text, region)
        return "" if number is None else _stored(number).partition(";")[0]

    def parse(self, text: str, locale: Locale) -> str:
        """Return the number; what has no country code is a number of the locale's region."""
        typed = self._typed(text)
        number = _read(typed, locale.region)
        if number is not None and _is_valid(number):
            return _stored(number)
        if self.strict:
            raise ValueError(f"{_short(typed)} is not a phone number; write it as +1 650 253 0000")
        if number is not None and _INTERNATIONAL.fullmatch(typed):
            return _stored(number)
        return typed

    def format(self, value: Any, locale: Locale) -> str:
        """Return the number in international form; as typed where it is not one."""
        return _international(value) if self.valid(value) else str(value)

    def validate(self, value: Any) -> str:
        return self.parse(value, _NOWHERE)

    def valid(self, value: str) -> bool:
        """Whether the stored value is a number that may be called (by libphonenumber's plans)."""
        number = _read(value, None)
        return number is not None and _is_valid(number)

    def words(self, value: Any) -> str:
        """Return the digits in every way that people type the number's beginning or last part."""
        return _search_words(value)

    def identity(self, value: Any) -> str:
        """Return the digits with country code, and the extension's after an x."""
        digits, _, extension = str(value).partition(";ext=")
        digits = _digits(digits)
        return f"{digits}x{extension}" if extension else digits

    def describe(self) -> dict[str, Any]:
        return {"strict": self.strict}

    def _typed(self, text: str) -> str:
        typed = " ".join(storable(text).split())
        if len(typed) > _LONGEST_PHONE:
            raise ValueError(f"a phone number has at most {_LONGEST_PHONE} characters")
        if len(_digits(typed)) < 3:
            raise ValueError(f"{_short(typed)} is not a phone number: it needs at least 3 digits")
        return typed


_NOWHERE = Locale(region="ZZ")
"""Where only numbers with a country code can be read."""


def _digits(text: str) -> str:
    if text.isascii():
        return _NO_DIGITS.sub("", text)
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


@lru_cache(maxsize=4096)
def _read(text: str, region: str | None) -> PhoneNumber | None:
    """Return the number in the text, None where there is none or it would lose words."""
    import phonenumbers

    if _NOT_A_PHONE.match(text):
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    # The library keeps the trunk 0 of a number too short for its plan.
    if number.italian_leading_zero and region and not _is_valid(number):
        trunk = phonenumbers.ndd_prefix_for_region(region, True)
        number.italian_leading_zero = False if trunk == "0" else number.italian_leading_zero
    return number


def _from_e164(value: str) -> PhoneNumber | None:
    """Return the number that `_stored` wrote, in a tenth of the time of reading any text."""
    import phonenumbers

    if not _E164.fullmatch(value):
        return None
    for width in (1, 2, 3):
        country, significant = int(value[1 : 1 + width]), value[1 + width :]
        if country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE and len(significant) > 1:
            number = phonenumbers.PhoneNumber(country, int(significant))
            if significant.startswith("0"):
                number.italian_leading_zero = True
                zeros = len(significant[:-1]) - len(significant[:-1].lstrip("0"))
                if zeros > 1:
                    number.number_of_leading_zeros = zeros
            return number
    return None


def _is_valid(number: PhoneNumber) -> bool:
    import phonenumbers

    return phonenumbers.is_valid_number(number)


def _stored(number: PhoneNumber) -> str:
    import phonenumbers

    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164};ext={number.extension}" if number.extension else e164


@lru_cache(maxsize=4096)
def _international(value: str) -> str:
    import phonenumbers

    number = phonenumbers.parse(value, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _search_words(value: str) -> str:
    import phonenumbers

    number = _from_e164(value) or _read(value, None)
    if number is None:
        parts = re.findall(r"\w+", value)
        return " ".join(dict.fromkeys([*parts, *_endings(re.findall(r"\d+", value))]))
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    groups = re.findall(r"\d+", national.partition(" ext")[0])
    country = str(number.country_code)
    significant = phonenumbers.national_significant_number(number)
    words = [country + significant, country, significant, *groups, *_endings(groups)]
    return " ".join(dict.fromkeys([*words, *filter(None, [number.extension])]))


def _endings(groups: list[str]) -> list[str]:
    """Return the digits from each group to the end."""
    return ["".join(groups[at:]) for at in range(len(groups))]


@frozen
class UrlKind(Kind):
    """A web address; https:// is put before one without a scheme."""

    name: ClassVar[str] = "url"

    def validate(self, value: Any) -> str:
        """Return the address with its scheme; ValueError where it is no http or https address."""
        typed = storable(value).strip()
        if len(typed) > _LONGEST_URL:
            raise ValueError(f"shorten the address to {_LONGEST_URL} characters")
        if any(unicodedata.category(char)[0] in "CZ" or char in '<>"\\^`{|}' for char in typed):
            raise ValueError(f"{_short(typed)} holds a character that no web address has")
        scheme = _SCHEME.match(typed)
        if scheme and scheme[1].lower() not in _SCHEMES:
            raise ValueError(f"{scheme[1]}: is not for the web; write https://example.com")
        url = typed if scheme else f"https://{typed}"
        _check_host(url, typed, may_be_short=bool(scheme))
        head, _, rest = url.partition(":")
        return f"{head.lower()}:{rest}"

    def words(self, value: Any) -> str:
        return str(value).partition("://")[2]

    def identity(self, value: Any) -> str:
        """Return the address without scheme, `www.` and a slash at its end."""
        host, slash, path = str(value).partition("://")[2].partition("/")
        return (_ascii_domain(host).removeprefix("www.") + slash + path).rstrip("/")


def _check_host(url: str, typed: str, *, may_be_short: bool) -> None:
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username, parts.port
    except ValueError:
        host, user = "", None
    if user is not None:
        raise ValueError(f"{_short(typed)} holds an @ before its host; write https://example.com")
    literal = host and "[" in url
    named = re.fullmatch(r"[\w-]+(\.[\w-]+)*\.?", host) and (may_be_short or "." in host)
    if not (literal or named or host == "localhost") or not url.lower().startswith(
        ("http://", "https://")
    ):
        raise ValueError(f"{_short(typed)} is not a web address such as https://example.com")
