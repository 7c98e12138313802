"""Cities with postcodes, streets and phone numbers.

Phone numbers come from the ranges that national regulators keep free for drama and fiction
(Ofcom, NANPA 555-01xx, ARCEP, Bundesnetzagentur, PTS, ComReg, ACMA), so that nobody's phone
rings; cities of countries without such a range have no numbers.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
_EXTENSIONS_FROM = 200
_STRIDE = 7919
"""A prime that divides no size of a range, so that neighbours get numbers far apart."""


class City(NamedTuple):
    """A city; in its postcode and phone `#` stands for any digit and `@` for a letter."""

    name: str
    region: str
    country: str
    postcode: str
    phone: str


_ROWS = """
London||GB|EC#A #@@|+4420794601##
London||GB|WC#B #@@|+4420794602##
London||GB|SE# #@@|+4420794603##
London||GB|N# #@@|+4420794604##
London||GB|W# #@@|+4420794605##
London||GB|SW# #@@|+4420794606##
Manchester||GB|M# #@@|+441614960###
Birmingham||GB|B# #@@|+441214960###
Leeds||GB|LS# #@@|+441134960###
Sheffield||GB|S# #@@|+441144960###
Nottingham||GB|NG# #@@|+441154960###
Leicester||GB|LE# #@@|+441164960###
Bristol||GB|BS# #@@|+441174960###
Reading||GB|RG# #@@|+441184960###
Edinburgh||GB|EH# #@@|+441314960###
Glasgow||GB|G# #@@|+441414960###
Liverpool||GB|L# #@@|+441514960###
Newcastle upon Tyne||GB|NE# #@@|+441914980###
Belfast||GB|BT# #@@|+442896496###
Cardiff||GB|CF# #@@|+442920180###
Galway|County Galway|IE|H91 @#@#|+35320911####
Cork|County Cork|IE|T12 @#@#|+35320912####
Dublin||IE|D02 @#@#|+35320910####
New York|NY|US|100##|+121255501##
Boston|MA|US|021##|+161755501##
Chicago|IL|US|606##|+131255501##
Seattle|WA|US|981##|+120655501##
San Francisco|CA|US|941##|+141555501##
Washington|DC|US|200##|+120255501##
Toronto|ON|CA|M5@ #@#|+141655501##
Montréal|QC|CA|H2@ #@#|+151455501##
Vancouver|BC|CA|V6@ #@#|+160455501##
Berlin||DE|101##|+493023125###
Hamburg||DE|200##|+494066969###
Frankfurt am Main||DE|603##|+496990009###
Köln||DE|506##|+492214710###
München||DE|803##|+498999998###
Paris||FR|750##|+3319900####
Bordeaux||FR|330##|+3353649####
Lyon||FR|690##|+3346571####
Nantes||FR|440##|+3326191####
Besançon||FR|250##|+3335301####
Göteborg||SE|411 ##|+46313900###
Malmö||SE|211 ##|+46406280###
Stockholm||SE|111 ##|+468465004##
Sydney|NSW|AU|20##|+6125550####
Melbourne|VIC|AU|30##|+6135550####
Brisbane|QLD|AU|40##|+6175550####
Reykjavík||IS|10#|
Madrid||ES|280##|
A Coruña||ES|150##|
Lisboa||PT|1000-###|
Zürich||CH|800#|
Kraków||PL|30-0##|
København||DK|1###|
"""
CITIES = tuple(City(*row.split("|")) for row in _ROWS.split("\n") if row)

_STREETS = {
    "GB": "Castle Street|Chancery Passage|Corn Exchange Row|Foundry Lane|King's Walk|Lantern Yard|"
          "Market Place|Mill Bank|Old Wharf Road|Priory Gardens|Queen Square|St Aldhelm's Hill|"
          "Station Approach|Tanner Street|The Maltings|Victoria Parade|Weaver's Court",
    "US": "Bayview Boulevard|Cedar Street|Commerce Avenue|Elm Street|Harbor Drive|Juniper Way|"
          "Liberty Avenue|Maple Avenue|Orchard Road|Pine Street|Union Square|Willow Lane",
    "DE": "Ahornweg|Am Güterbahnhof|Bahnhofstraße|Goethestraße|Hafenstraße|Kirchgasse|"
          "Lindenallee|Mühlenweg|Rosenstraße|Schloßplatz|Uferstraße",
    "FR": "allée des Tilleuls|avenue de la Gare|boulevard Voltaire|cours de la République|"
          "place du Marché|quai des Brumes|rue de l'Église|rue des Écoles|rue du Château",
    "SE": "Björkvägen|Hamngatan|Kungsgatan|Nygatan|Skeppsbron|Storgatan|Västra Åsgatan|Östergatan",
}  # fmt: skip
STREETS = {country: tuple(names.split("|")) for country, names in _STREETS.items()}
_LIKE = {"IE": "GB", "AU": "GB", "CA": "US", "CH": "DE", "IS": "SE", "DK": "SE"}
_OTHER_STREETS = {
    "ES": ("Calle de la Unión", "Calle Mayor", "Paseo de los Álamos", "Plaza de la Constitución"),
    "PT": ("Avenida da Liberdade", "Largo do Chafariz", "Rua da Conceição", "Rua do Comércio"),
    "PL": ("ulica Długa", "ulica Kościelna", "ulica Łąkowa", "ulica Świętego Jana"),
}
_NUMBER_COMES_LAST = {"DE", "SE", "CH", "IS", "DK", "ES", "PT", "PL"}

MOBILES = {"GB": "+447700900###", "FR": "+3363998####"}
"""Mobile numbers of fiction, where a country has a whole range of them."""


def address(dice: Random, city: City) -> dict[str, str]:
    """Return a postal address in a city, its parts by name; the country is ISO 3166-1."""
    return {
        "street": _street(dice, city.country),
        "city": city.name,
        "region": city.region,
        "postcode": filled(dice, city.postcode),
        "country": city.country,
    }


def _street(dice: Random, country: str) -> str:
    names = _OTHER_STREETS.get(country) or STREETS[_LIKE.get(country, country)]
    name, number = dice.choice(names), dice.randrange(1, 160)
    return f"{name} {number}" if country in _NUMBER_COMES_LAST else f"{number} {name}"


def filled(dice: Random, pattern: str) -> str:
    """Return a pattern with a digit from 1 for each `#` and a letter for each `@`."""
    for mark, letters in (("#", "123456789"), ("@", _LETTERS)):
        for _ in range(pattern.count(mark)):
            pattern = pattern.replace(mark, dice.choice(letters), 1)
    return pattern


def range_size(pattern: str) -> int:
    """Return how many numbers a phone pattern stands for."""
    return int(10 ** pattern.count("#"))


def phone(pattern: str, serial: int) -> str:
    """Return the phone number for a serial number (from 0), E.164, '' for no pattern.

    Each serial has a number of its own: where the range is used up, an extension is added.
    """
    if not pattern:
        return ""
    lap, place = divmod(serial, range_size(pattern))
    base = pattern.rstrip("#")
    number = (place + int(base)) * _STRIDE % range_size(pattern)
    main = base + str(number).zfill(len(pattern) - len(base))
    return f"{main};ext={_EXTENSIONS_FROM + lap}" if lap else main
