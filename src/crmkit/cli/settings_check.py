"""What `crmkit.toml` says that nobody understands, with the line that says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from crmkit.core.config import Config
from crmkit.core.model import Model

THEMES = ("", "dark", "light")
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB "
    "EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD "
    "JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND "
    "TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF "
    "YER ZAR ZMW ZWG".split()
)
"""ISO 4217."""


def doubts(path: Path, config: Config, model: Model) -> list[str]:
    """Return a sentence for each setting of a file that has no effect, or a wrong one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [f"{path.name}{_line(lines, key)}: {said}" for key, said in _doubts(config, model)]


def _doubts(config: Config, model: Model) -> Iterator[tuple[str, str]]:
    from phonenumbers import SUPPORTED_REGIONS

    from crmkit.tui.bindings import key_map

    if config.region not in SUPPORTED_REGIONS:
        yield "region", f"there is no region {config.region}; write one such as DE"
    if config.currency not in CURRENCIES:
        yield "currency", f"there is no currency {config.currency}; write one such as EUR"
    if config.theme not in THEMES:
        yield "theme", f"there is no theme {config.theme!r}; write dark or light"
    given = dict(config.keys)
    for fault in key_map(model, given).faults:
        named = [action for action in given if re.search(rf"\b{re.escape(action)}\b", fault)]
        yield (named or [""])[0], fault


def _line(lines: list[str], key: str) -> str:
    pattern = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    at = [n for n, line in enumerate(lines, 1) if key and pattern.match(line)]
    return f", line {at[0]}" if at else ""
