"""Texts that act on a terminal, on a markup reader or on a layout: made, not listed.

Every payload begins and ends with letters, so that a test can see whether it is still readable.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

ESC = "\x1b"
INTRODUCERS = {"csi": ("[", 0x9B), "osc": ("]", 0x9D), "dcs": ("P", 0x90), "apc": ("_", 0x9F),
               "pm": ("^", 0x9E), "sos": ("X", 0x98)}  # fmt: skip
"""Each control's second byte behind ESC, and the one character of C1 that stands for both."""
ENDS = ("\x07", f"{ESC}\\", "\x9c", "")
"""What ends a string control: BEL, ST, the ST of C1, and nothing at all."""
CSI = {
    "style": ("8m", "31;5m", "0m"), "move": ("1;1H", "999A", "5G", "3;3f"),
    "erase": ("2J", "3J", "K", "1K", "5X"), "scroll": ("2;5r", "9S", "9T", "L", "M"),
    "mode": ("?1049h", "?1003h", "?25l", "?2004h", "4h", "!p"),
    "answer": ("6n", "c", "21t", "18t", ">q", "?u", "14t"),
}  # fmt: skip
STRINGS = {
    "osc": ("0;title", "2;title", "4;1;rgb:00/00/00", "8;;https://evil.example", "52;c;ZXZpbA==",
            "133;A", "777;notify;a;b", "1337;File=inline=1:AAAA", "11;?"),
    "dcs": ("$q\"p", "+q544e", "q#0~~", "1000p"), "apc": ("Gf=100;AAAA", "anything"),
    "pm": ("private",), "sos": ("string",),
}  # fmt: skip
LONG = 10_000
BIDI = {
    "bidi overrides": range(0x202A, 0x202F), "bidi isolates": range(0x2066, 0x206A),
    "bidi marks": (0x200E, 0x200F, 0x061C), "bidi old": range(0x206A, 0x2070),
}  # fmt: skip
HIDDEN = {
    "zero-width": (0x200B, 0x2060, 0x2061, 0x2064, 0xFEFF, 0x00AD, 0x180E),
    "joiners alone": (0x200C, 0x200D), "fillers": (0x034F, 0x3164, 0xFFA0, 0x115F),
    "annotations": (0xFFF9, 0xFFFA, 0xFFFB), "musical": range(0x1D173, 0x1D17B),
    "non-characters": (0xFDD0, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF), "private": (0xE000, 0xF8FF),
}  # fmt: skip
MARKUP = {
    "markup action": "[@click=app.quit]press[/]", "markup close": "[/foo]", "markup end": "[/]",
    "markup style": "[bold red on blue]loud[/bold]", "markup open": "[bold",
    "markup double": "[[x]]",
    "markup escaped": "\\[bold] \\\\[/]", "markup link": "[link=https://evil.example]here[/link]",
    "markup variable": "[$primary]{0} %s $x[/]", "markup crossed": "[b][i]x[/b][/i]",
}  # fmt: skip
KEPT = {
    "persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "hindi": "\u0915\u094d\u200d\u0937 \u0930\u094d\u200c\u0915",
    "emoji family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "emoji heart": "\u2764\ufe0f\u200d\U0001f525",
}  # fmt: skip
"""Writing that needs its joiners: it is to come through as it is."""
WIDE = {
    "cjk": "\u6771\u4eac\u90fd", "fullwidth": "\uff21\uff22\uff23", "flags": "\U0001f1e9\U0001f1ea",
    "keycap": "1\ufe0f\u20e3", "skin": "\U0001f44d\U0001f3fd", "hangul": "\u1112\u1161\u11ab",
    "halfwidth": "\uff76\uff9e", "ambiguous": "\u00b1\u2460\u2592", "emoji": "\U0001f600\u231a",
}  # fmt: skip


def families() -> dict[str, str]:
    """Return every payload by its name."""
    found: dict[str, str] = {}
    for number, (name, attack) in enumerate(_attacks()):
        letters = chr(97 + number // 26) + chr(97 + number % 26)
        found[name] = f"Q{letters}{attack}{letters}Z"
    return found


def beginning(payload: str) -> str:
    """Return the letters that a payload begins with."""
    return payload[:3]


def _attacks() -> Iterator[tuple[str, str]]:
    yield from _controls()
    for way, lead in (("escape", 0), ("c1", 1)):
        for name, ends in CSI.items():
            yield f"csi {name} by {way}", "x".join(_lead("csi", lead) + end for end in ends)
        for kind, bodies in STRINGS.items():
            for end in ENDS:
                said = f"{kind} by {way}, ended by {end!r}"
                yield said, "x".join(_lead(kind, lead) + body + end for body in bodies)
    for name, codes in (BIDI | HIDDEN).items():
        yield name, "x".join(map(chr, codes))
    yield "bidi file name", "invoice\u202efdp.exe\u202c"
    yield "tags", "".join(chr(0xE0000 + ord(c)) for c in "run this") + "\U000e007f"
    yield "variation selectors", "a" + "".join(map(chr, range(0xFE00, 0xFE10)))
    yield "more selectors", "b" + "".join(map(chr, range(0xE0100, 0xE01F0, 7)))
    yield "half surrogates", "\ud83dx\udc00\udfff"
    yield "marks", "e" + "".join(map(chr, range(0x300, 0x370)))
    yield "enclosing marks", "o" + "\u20dd" * 40 + "\u0489" * 40
    yield "leading mark", "\u0301\u0302\u0303x"
    yield "line ends", "a\nb\rc\r\nd\x0be\x0cf\x85g\u2028h\u2029i"
    yield "tabs", "\ta\t\tb\t"
    yield "backspaces", "safe\b\b\b\bevil"
    yield "carriage return", "shown\rhidden"
    yield from MARKUP.items()
    yield from KEPT.items()
    yield from WIDE.items()
    yield "long word", "w" * LONG
    yield "long line", "many words " * (LONG // 11)
    yield "long wide", "\u6771" * LONG
    yield "long control", f"{ESC}[" * (LONG // 2)


def _controls() -> Iterator[tuple[str, str]]:
    for first in range(0, 0x20, 8):
        yield f"c0 from {first:02x}", "x".join(map(chr, range(first, first + 8)))
    yield "delete", "a\x7fb"
    for first in range(0x80, 0xA0, 8):
        yield f"c1 from {first:02x}", "x".join(map(chr, range(first, first + 8)))
    yield "escape alone", f"{ESC}x{ESC}{ESC}"
    yield "escape pairs", "x".join(ESC + second for second in "c78=>DEHMNOZno|}~")
    yield "escape charsets", "x".join(ESC + rest for rest in ("(0", ")0", "#8", "%G", " F"))


def _lead(kind: str, way: int) -> str:
    pair, single = INTRODUCERS[kind]
    return chr(single) if way else ESC + pair


def storable(payload: str) -> bool:
    """Whether the core takes it: NUL and half surrogates are refused."""
    return not any(c == "\0" or unicodedata.category(c) == "Cs" for c in payload)


def batches(payloads: Sequence[str], size: int, longest: int = 1_000) -> list[str]:
    """Return payloads, some in one text; those that are long stay alone."""
    short = [p for p in payloads if len(p) <= longest]
    joined = [" ".join(short[at : at + size]) for at in range(0, len(short), size)]
    return joined + [p for p in payloads if len(p) > longest]
