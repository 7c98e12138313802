"""Names of organisations: as many different ones as anybody asks for, short ones first."""

from __future__ import annotations

from typing import NamedTuple

from crmkit.demo.names import in_ascii
from crmkit.demo.places import CITIES, City

_STEMS = tuple(
    (
        "Alder Amberley Anchor Arcadia Ashcombe Aurora Azimuth Barley Beacon Bellweather Birchwood "
        "Blackthorn Bluebell Bramble Bridgewater Brightwater Caldera Calloway Castellan Cedar "
        "Chalkstone Cinder Clearwell Cobalt Copperfield Coral Corvid Crestline Crowmarsh Cygnet "
        "Dovetail Dunmore Ebony Eddystone Elderflower Emberton Evergreen Fairmile Falcon Fenwick "
        "Fernhill Foxglove Gablestone Garnet Glasswing Goldcrest Granary Greyfriars Halcyon "
        "Hallmark Harbourside Hawthorn Hazelmere Heathcote Heron Highgrove Hollybush Ironbridge "
        "Ivory Jasper Juniper Kestrel Kingfisher Kittiwake Larkspur Lodestone Longacre "
        "Magnolia Marigold Meadowbank Meridian Millrace Moonstone Moorland Northgate Oakhurst "
        "Onyx Orchard Osprey Oxbow Palisade Peregrine Pinnacle Plover Quarry Quayside Quince "
        "Ravenscar Redwing Ridgeway Rookery Rosewood Saltmarsh Sandpiper Sapphire Shearwater "
        "Silverbirch Skylark Slate Sorrel Springfield Starling Stonebridge Summit Swallowtail "
        "Tamarisk Teal Thistledown Thornbury Tidewater Turnstone Umber Vantage Verbena Waterfront "
        "Wayfarer Westerly Wheatsheaf Whitecliff Wildwood Willowbrook Wintergreen Wren Yarrow"
    ).split()
) + tuple(
    "Ährenfeld Börsen Côte Élan Éclair Frühling Jökull Lumière Nørre Señorío Über Zürs".split()
)

_TRADES = tuple(
    tuple(row.split("="))
    for row in (
        "Logistics=Transport", "Haulage=Transport", "Shipping=Transport", "Coaches=Transport",
        "Foods=Food and drink", "Bakery=Food and drink", "Brewing=Food and drink",
        "Dairies=Food and drink", "Hotels=Hospitality", "Restaurants=Hospitality",
        "Travel=Hospitality", "Homes=Property", "Estates=Property", "Lettings=Property",
        "Developments=Property", "Construction=Construction", "Joinery=Construction",
        "Architects=Construction", "Engineering=Manufacturing", "Ceramics=Manufacturing",
        "Textiles=Manufacturing", "Furniture=Manufacturing", "Instruments=Manufacturing",
        "Motors=Automotive", "Cycles=Automotive", "Energy=Energy", "Solar=Energy", "Wind=Energy",
        "Water=Utilities", "Recycling=Utilities", "Software=Technology", "Robotics=Technology",
        "Analytics=Technology", "Systems=Technology", "Networks=Technology", "Games=Technology",
        "Pharma=Life sciences", "Diagnostics=Life sciences", "Dental=Health care",
        "Care Homes=Health care", "Clinics=Health care", "Capital=Finance", "Insurance=Finance",
        "Wealth=Finance", "Payments=Finance", "Academy=Education", "Schools Trust=Education",
        "Foundation=Charity", "Housing Association=Charity", "Press=Media", "Pictures=Media",
        "Records=Media", "Fashion=Retail", "Books=Retail", "Garden Centres=Retail",
        "Farms=Agriculture", "Vineyards=Agriculture", "Forestry=Agriculture",
        "Recruitment=Business services", "Consulting=Business services", "Design=Business services",
    )
)  # fmt: skip

_PARTNERS = tuple(
    "Abbott Bell Carver Drake Ellis Frost Grant Hale Irwin Jarvis Keane Lowe Marsh Nash Osborne "
    "Pike Rowe Shaw Tate Vance Webb York".split()
)
_FORMS = {
    "GB": ("Ltd", "Ltd", "LLP", "plc", ""), "IE": ("Ltd", "DAC"), "US": ("Inc.", "LLC", ""),
    "CA": ("Inc.", ""), "DE": ("GmbH", "AG"), "FR": ("SAS", "SARL"), "SE": ("AB",),
    "AU": ("Pty Ltd",), "IS": ("hf.",), "ES": ("S.L.",), "PT": ("Lda.",), "CH": ("AG",),
    "PL": ("sp. z o.o.",), "DK": ("ApS",),
}  # fmt: skip
_PLAIN = len(_STEMS) * len(_TRADES)
_STRIDE = 3571
"""Has no divisor in common with the count of names, so that neighbours get names far apart."""
_TURN = 17
"""The same for the count of cities."""


class Company(NamedTuple):
    """A made-up organisation; `serial` counts those of its city."""

    name: str
    short: str
    host: str
    industry: str
    city: City
    serial: int


def company(number: int, shift: int) -> Company:
    """Return the organisation of a number (from 0); different numbers have different names.

    `shift` turns the order of the names, so that another seed makes another firm.
    """
    lap, place = divmod(number, _PLAIN)
    at, trade = divmod((place + shift) * _STRIDE % _PLAIN, len(_TRADES))
    word, industry = _TRADES[trade]
    short = f"{_between(_STEMS[at], lap)} {word}"
    serial, corner = divmod(number, len(CITIES))
    city = CITIES[(corner + shift) * _TURN % len(CITIES)]
    forms = _FORMS[city.country]
    form = "" if industry == "Charity" else forms[(number + shift) % len(forms)]
    name = f"{short} {form}".rstrip()
    return Company(name, short, f"{_host(short)}.example.com", industry, city, serial)


def _host(short: str) -> str:
    return "-".join(in_ascii(word) for word in short.split())


def _between(stem: str, lap: int) -> str:
    """Return the stem, after the first lap with the names of partners behind it."""
    while lap:
        lap, partner = divmod(lap - 1, len(_PARTNERS))
        stem = f"{stem} {_PARTNERS[partner]}"
    return stem
