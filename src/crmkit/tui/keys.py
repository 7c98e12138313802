"""Keys: which action a key, or a sequence behind a leader, stands for; all of it remappable.

A user writes a key as it is typed: `G`, `/`, `[`, `ctrl+d`, `space`; a sequence as `gl` or `g l`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from attrs import evolve, frozen
from textual.keys import key_to_character

NAMED = frozenset((
    "space", "enter", "escape", "tab", "backspace", "delete", "insert", "home", "end", "pageup",
    "pagedown", "up", "down", "left", "right", *(f"f{n}" for n in range(1, 13)),
))  # fmt: skip
_ALIASES = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup",
    "pgdn": "pagedown", "bs": "backspace", "ctrl+m": "enter", "ctrl+i": "tab", "ctrl+[": "escape",
    "ctrl+@": "ctrl+space", "slash": "/", "backslash": "\\", "minus": "-", "plus": "+", "at": "@",
    "comma": ",", "colon": ":", "semicolon": ";", "underscore": "_", "asterisk": "*", "tilde": "~",
}  # fmt: skip
_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_SHOWN = {
    "escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "pgup",
    "pagedown": "pgdn",
}  # fmt: skip
_LONGEST = 3
"""How many keys a sequence that is written without spaces may have."""

Keys = tuple[str, ...]


@frozen
class Binding:
    """An action, the keys it has unless config says otherwise, and what help says of it.

    `scope` says where it works: `global`, or the name that a screen puts on its stack.
    """

    action: str
    keys: tuple[str, ...]
    help: str
    scope: str = "global"


@frozen
class Pending:
    """A prefix was typed; `follow` maps the keys that may come next to what they do."""

    prefix: Keys
    follow: Mapping[str, str]


def parse_keys(text: str) -> Keys:
    """Return the sequence that `gl`, `g l`, `ctrl+d` or `space` means.

    Raises ValueError, with one clear sentence, for what is not a key.
    """
    if text == " ":
        return ("space",)
    parts = text.split()
    if not parts:
        raise ValueError("a key is missing")
    return tuple(key for part in parts for key in _parse_part(part))


def _parse_part(part: str) -> Keys:
    key = canonical(part)
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    known = len(base) == 1 or base in NAMED
    if known and set(modifiers) <= set(_MODIFIERS):
        return (key,)
    if not modifiers and len(part) <= _LONGEST and part.isprintable():
        return tuple(part)
    near = get_close_matches(key, [*NAMED, *(f"ctrl+{base}" for _ in modifiers)], n=1)
    hint = f"; did you mean {near[0]}?" if near else "; write a sequence as g l"
    raise ValueError(f"there is no key {part!r}{hint}")


def canonical(key: str) -> str:
    """Return the one name of a single key: modifiers in order, symbols as they are typed."""
    key = _ALIASES.get(key, key)
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if set(map(str.lower, modifiers)) - set(_MODIFIERS):
        return key
    base = _ALIASES.get(base, base)
    if base.startswith("upper_") or (len(base) > 1 and "_" in base):
        base = base[-1].upper() if base.startswith("upper_") else key_to_character(base) or base
    elif len(base) > 1:
        base = base.lower()
    held = sorted({m.lower() for m in modifiers}, key=_MODIFIERS.index)
    if held == ["shift"] and len(base) == 1 and base.isalpha():
        return base.upper()
    whole = "+".join([*held, base.lower() if held else base])
    return _ALIASES.get(whole, whole)


def show_keys(keys: Keys) -> str:
    """Return a sequence as help shows it."""
    return "".join(_SHOWN.get(k, k) for k in keys)


def key_of(key: str, character: str | None) -> str:
    """Return a key event's name as a user writes it: `/`, `G`, `ctrl+d`, `space`."""
    if "+" not in key and character and character.isprintable() and character != " ":
        return character
    return canonical(key)


class KeyMap:
    """The bindings in force, and the state of a sequence that is being typed.

    `faults` says, a sentence each, what is wrong with them; the rest of the bindings works.
    `offers` says which of them are worth showing where some scopes are active.
    """

    def __init__(
        self, bindings: Iterable[Binding], overrides: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.faults: list[str] = []
        self.offers: Callable[[Sequence[str], Binding], bool] = lambda scopes, binding: True
        self.bindings = self._overridden(list(bindings), overrides or {})
        self._tables: dict[str, dict[Keys, Binding]] = {}
        self._reach: dict[tuple[str, ...], dict[Keys, Binding]] = {}
        self._typed: Keys = ()
        for binding in self.bindings:
            self._add(binding)
        for table in self._tables.values():
            self._check_prefixes(table)

    def _overridden(
        self, bindings: list[Binding], overrides: Mapping[str, Sequence[str]]
    ) -> list[Binding]:
        known = sorted({b.action for b in bindings})
        for action in sorted(overrides.keys() - set(known)):
            near = get_close_matches(action, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.faults.append(f"keys: there is no action {action!r}{hint}")
        return [evolve(b, keys=tuple(overrides.get(b.action, b.keys))) for b in bindings]

    def _add(self, binding: Binding) -> None:
        table = self._tables.setdefault(binding.scope, {})
        for text in binding.keys:
            try:
                keys = parse_keys(text)
            except ValueError as error:
                self.faults.append(f"keys: {binding.action}: {error}")
                continue
            twin = table.setdefault(keys, binding)
            if twin.action != binding.action:
                self.faults.append(
                    f"keys: {show_keys(keys)} is both {twin.action} and {binding.action}"
                )

    def _check_prefixes(self, table: Mapping[Keys, Binding]) -> None:
        for keys, binding in table.items():
            for shorter in _prefixes(keys):
                if shorter in table:
                    self.faults.append(
                        f"keys: {show_keys(keys)} ({binding.action}) cannot be typed, because "
                        f"{show_keys(shorter)} is {table[shorter].action}"
                    )

    def reachable(self, scopes: Sequence[str]) -> Mapping[Keys, Binding]:
        """Return what can be typed where `scopes` are active, the nearest first.

        No sequence begins with another one: the nearer scope has the keys, and in one scope the
        shorter sequence.
        """
        stack: tuple[str, ...] = tuple(scopes)
        if stack not in self._reach:
            found: dict[Keys, Binding] = {}
            begun: set[Keys] = set()
            for scope in stack:
                for keys, binding in sorted(
                    self._tables.get(scope, {}).items(), key=lambda item: len(item[0])
                ):
                    before = _prefixes(keys)
                    if keys in found or keys in begun or any(p in found for p in before):
                        continue
                    found[keys] = binding
                    begun.update(before)
            self._reach[stack] = found
        return self._reach[stack]

    def hidden(self, scopes: Sequence[str]) -> list[str]:
        """Return, a sentence each, which keys a nearer scope takes from a farther one."""
        reach = self.reachable(scopes)
        return [
            f"keys: {show_keys(keys)} is a key of both {b.action} and {taken.action}, and only "
            f"{taken.action} would answer to it"
            for scope in scopes
            for keys, b in self._tables.get(scope, {}).items()
            for taken in [next((t for k, t in reach.items() if _clash(k, keys)), None)]
            if taken is not None and reach.get(keys) is not b and taken.action != b.action
        ]

    def feed(self, scopes: Sequence[str], key: str) -> Binding | Pending | None:
        """Take a key. None: it means nothing here, or it ended a sequence that led nowhere."""
        typed = (*self._typed, key)
        self._typed = ()
        if key == "escape" and len(typed) > 1:
            return None
        reach = self.reachable(scopes)
        if typed in reach:
            return reach[typed]
        follow = {
            show_keys(keys[len(typed) :]): binding.help
            for keys, binding in reach.items()
            if keys[: len(typed)] == typed and self.offers(scopes, binding)
        }
        if follow:
            self._typed = typed
            return Pending(typed, follow)
        return None

    @property
    def pending(self) -> bool:
        """Whether a sequence has begun."""
        return bool(self._typed)

    def reset(self) -> None:
        """Forget a sequence that has begun."""
        self._typed = ()

    def keys_for(self, action: str, scope: str = "") -> list[str]:
        """Return the keys of an action, as help shows them."""
        found = [
            show_keys(keys)
            for name, table in self._tables.items()
            if scope in ("", name)
            for keys, binding in table.items()
            if binding.action == action
        ]
        return list(dict.fromkeys(found))

    def help_rows(self, scopes: Sequence[str], wanted: str = "") -> list[tuple[str, str, str]]:
        """Return (keys, what they do, action) of what really works where `scopes` are active.

        `wanted` keeps the rows that have each of its words, in whatever case.
        """
        reach = self.reachable(scopes)
        rows = []
        for scope in scopes:
            for b in self.bindings:
                table = self._tables[scope] if b.scope == scope else {}
                typed = [k for k, at in table.items() if at is b and reach.get(k) is b]
                keys = " ".join(map(show_keys, typed))
                whole = f"{keys} {b.help} {b.action}".casefold()
                shown = keys and self.offers(scopes, b)
                if shown and all(w in whole for w in wanted.casefold().split()):
                    rows.append((keys, b.help, b.action))
        return rows


def _prefixes(keys: Keys) -> list[Keys]:
    return [keys[:length] for length in range(1, len(keys))]


def _clash(one: Keys, other: Keys) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
