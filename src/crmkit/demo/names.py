"""Names of people from a dozen cultures, and how a name is spelled in an e-mail address."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Person(NamedTuple):
    """A made-up person."""

    first: str
    last: str

    @property
    def full(self) -> str:
        """First name and last name."""
        return f"{self.first} {self.last}"

    @property
    def login(self) -> str:
        """The name as it stands before the @ of an e-mail address."""
        return f"{in_ascii(self.first)}.{in_ascii(self.last)}"


class Culture(NamedTuple):
    """First and last names that go together, and how often they are drawn."""

    weight: int
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]


def _culture(weight: int, firsts: str, lasts: str) -> Culture:
    return Culture(weight, tuple(firsts.split()), tuple(lasts.replace("_", " ").split("|")))


CULTURES = (
    _culture(
        10,
        "Amelia Arthur Beatrice Benedict Charlotte Clive Daphne Dominic Edith Edmund Eleanor "
        "Felix Florence Gareth Georgina Graham Harriet Hugo Imogen Isaac Jemima Julian Katherine "
        "Leonard Lydia Malcolm Matilda Miles Nigel Olivia Oscar Penelope Philippa Rosalind Rupert "
        "Sebastian Sylvia Theodore Tobias Verity Victoria Winifred Zoe",
        "Abbott|Ashworth|Barnaby|Beckett|Birtwistle|Blackwood|Brooke|Cartwright|Chadwick|Clifford|"
        "Cooper|Crabtree|Dalton|Davenport|Eastwood|Ellery|Fairclough|Fletcher|Garside|Goodwin|"
        "Hargreaves|Hartley|Holloway|Ingham|Jessop|Kershaw|Langley|Lockwood|Marsden|Mayhew|Nuttall|"
        "Ogden|Pemberton|Prescott|Radcliffe|Rowntree|Sackville|Thackeray|Underhill|Wainwright|"
        "Whitaker|Winterbourne|Yardley",
    ),
    _culture(
        3,
        "Aoife Brendan Cillian Ciarán Deirdre Eoin Fionnuala Gráinne Niamh Oisín Órla Róisín "
        "Seán Sinéad Tadhg Úna",
        "Byrne|Connolly|Dunne|Fitzgerald|Gallagher|Kavanagh|McCarthy|Nolan|O'Donoghue|"
        "O'Sullivan|Quinn|Tierney",
    ),
    _culture(
        3,
        "Alasdair Angus Blair Callum Catriona Eilidh Ewan Fergus Fiona Isla Kirsty Morag Rory "
        "Carys Dafydd Ffion Gethin Lowri Rhys Siân",
        "Abernethy|Buchanan|Carmichael|Drummond|Farquharson|Galbraith|MacAllister|MacLeod|"
        "Sutherland|Urquhart|Bowen|Griffiths|Llewellyn|Pritchard",
    ),
    _culture(
        3,
        "Anneliese Bärbel Friedrich Günther Heike Jörg Jürgen Käthe Lukas Marlene Matthias Rüdiger "
        "Sabine Sören Ulrike Zoë",
        "Bäcker|Brandt|Engel|Fuchs|Großmann|Hoffmann|Jäger|Köhler|Krüger|Müller|Schäfer|Schröder|"
        "Vogel|Weiß|Zimmermann",
    ),
    _culture(
        3,
        "Adélaïde Benoît Chloé Clémence Édouard Élodie Étienne François Gaëlle Hélène Jérôme Loïc "
        "Margaux Noémie Océane Théo",
        "Béranger|Chevalier|Delacroix|Dubois|Fournier|Garnier|Lefèvre|Lemaître|Marchand|Noël|"
        "Périer|Rousseau|Saint-Clair|Thévenet",
    ),
    _culture(
        3,
        "Álvaro Begoña César Concepción Inés Iñaki Íñigo Joaquín José Lucía Martín Nuria Óscar "
        "Pilar Ramón Sofía Verónica",
        "Aragonés|Castañeda|Domínguez|Fernández|García_Lorca|Ibáñez|Jiménez|Muñoz|Núñez|Ordóñez|"
        "Peña|Rodríguez|Sáez|Zúñiga",
    ),
    _culture(
        2,
        "Afonso Conceição Gonçalo Inês João Luís Tomás Alessia Chiara Giosuè Matteo Niccolò Noè "
        "Ornella Simone",
        "Brandão|Conceição|Guimarães|Magalhães|Simões|Bianchi|Caputo|D'Angelo|Ferrari|Greco|"
        "Lo_Presti|Marchetti|Rinaldi",
    ),
    _culture(
        2,
        "Åsa Björn Elin Göran Håkan Ingrid Lars Märta Søren Østen Aino Jyrki Päivi Tuomas",
        "Åkesson|Bergström|Dahlgren|Hägglund|Lindqvist|Nordström|Öberg|Sjöberg|Kjær|Møller|"
        "Østergård|Hämäläinen|Mäkinen|Virtanen",
    ),
    _culture(
        1,
        "Ásdís Dagný Guðrún Ísold Ragnheiður Sigríður Þórunn",
        "Einarsdóttir|Guðmundsdóttir|Jónsdóttir|Þorsteinsdóttir|Ægisdóttir",
    ),
    _culture(
        1,
        "Birgir Eiríkur Hallgrímur Jökull Snæbjörn Þórarinn",
        "Einarsson|Guðmundsson|Ólafsson|Þorsteinsson|Ægisson",
    ),
    _culture(
        2,
        "Agnieszka Bożena Grzegorz Łukasz Małgorzata Stanisław Wojciech Zbigniew Jiří Kateřina "
        "Ondřej Zdeněk Éva György Réka Ştefan",
        "Kowalczyk|Mazur|Wójcik|Wróbel|Zając|Janů|Krejčí|Szabó|Tóth|Horváth|"
        "Munteanu|Şerban",
    ),
    _culture(
        2,
        "Ayşe Çağla Elif Emre Gökhan İbrahim Ömer Şule Aaliyah Bilal Hassan Layla Mariam Nadia "
        "Omar Yusuf",
        "Aydın|Çelik|Güneş|Öztürk|Şahin|Yıldırım|Al-Rashid|Farouk|Haddad|Khoury|Mansour|Nasser|"
        "Rahman",
    ),
    _culture(
        3,
        "Aarav Ananya Arjun Deepika Farhan Ishaan Kavya Meera Nikhil Priya Rohan Sanjay Tanvi "
        "Vikram Zainab",
        "Banerjee|Chaudhry|Deshpande|Iyer|Joshi|Kapoor|Krishnan|Malhotra|Mukherjee|Patel|Qureshi|"
        "Sharma|Subramaniam",
    ),
    _culture(
        2,
        "Adaeze Chidi Efua Folasade Kwabena Kofi Ngozi Olúwaseun Temperance Thandiwe Wanjiru "
        "Yaw Zanele",
        "Achebe|Adéyẹmí|Asante|Boateng|Dlamini|Eze|Kamau|Mensah|Ndlovu|Nwosu|Okafor|Owusu",
    ),
    _culture(
        2,
        "Haruka Hiroshi Kenji Mei Naoko Sakura Takeshi Jia Li-Wei Xiu Yan Eun-ji Ji-hoon Min-seo "
        "Linh Ngọc Thảo",
        "Fujimoto|Itō|Kobayashi|Ōno|Tanaka|Chen|Huang|Lü|Zhao|Choi|Kang|Nguyễn|Phạm|Trần",
    ),
)  # fmt: skip

_INITIALS = "ABCDEFGHIJKLMNOPRSTW"
_WITH_INITIAL = 3
"""One person in so many has a middle initial, which keeps large firms' people apart."""
_DRAWN = tuple(culture for culture in CULTURES for _ in range(culture.weight))
_SPELLED = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "å": "a", "Å": "A", "ł": "l", "Ł": "L",
     "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ä": "ae", "ö": "oe", "ü": "ue",
     "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)  # fmt: skip


def person(draw: int) -> Person:
    """Return the person of a large number drawn by lot; the names go together."""
    draw, culture = _one_of(_DRAWN, draw)
    draw, first = _one_of(culture.firsts, draw)
    draw, last = _one_of(culture.lasts, draw)
    draw, rest = divmod(draw, _WITH_INITIAL)
    return Person(first if rest else f"{first} {_one_of(_INITIALS, draw)[1]}.", last)


def _one_of(among: Sequence[T], draw: int) -> tuple[int, T]:
    """Return what is left of a number drawn, and what it chose."""
    left, at = divmod(draw, len(among))
    return left, among[at]


@lru_cache(maxsize=8192)
def in_ascii(text: str) -> str:
    """Return a name in lower-case ASCII letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    letters = "".join(c for c in plain if not unicodedata.combining(c)).replace("'", "")
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in letters).split()
    return "-".join(words).lower()
