"""Keys: which action a key, or a sequence behind a leader, stands for; all of it remappable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from attrs import frozen

NAMED = frozenset(
    [
        "space",
        "enter",
        "escape",
        "tab",
        "backspace",
        "delete",
        "insert",
        "home",
        "end",
        "pageup",
        "pagedown",
        "up",
        "down",
        "left",
        "right",
        "f1",
        "f2",
        "f3",
        "f4",
        "f5",
        "f6",
        "f7",
        "f8",
        "f9",
        "f10",
        "f11",
        "f12",
    ]
)
_SHOWN = {
    "escape": "esc", "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "pgup",
    "pagedown": "pgdn",
}  # fmt: skip

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
    """Return the sequence that `gl`, `g l`, `ctrl+d` or `space` means."""
    if " " in text.strip():
        return tuple(k for part in text.split() for k in parse_keys(part))
    if len(text) == 1 or text in NAMED or "+" in text[1:]:
        return (text,)
    return tuple(text)


def show_keys(keys: Keys) -> str:
    """Return a sequence as help shows it."""
    return "".join(_SHOWN.get(k, k) for k in keys)


def key_of(key: str, character: str | None) -> str:
    """Return a key event's name as a user writes it: `/`, `G`, `ctrl+d`, `space`."""
    if character and character.isprintable() and character != " ":
        return character
    return key


class KeyMap:
    """The bindings in force, and the state of a sequence that is being typed."""

    def __init__(
        self, bindings: Iterable[Binding], overrides: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.faults: list[str] = []
        self.bindings = self._overridden(list(bindings), overrides or {})
        self._table: dict[str, dict[Keys, Binding]] = {}
        self._fill()
        self._typed: Keys = ()

    def _overridden(
        self, bindings: list[Binding], overrides: Mapping[str, Sequence[str]]
    ) -> list[Binding]:
        known = sorted({b.action for b in bindings})
        for action in overrides.keys() - set(known):
            near = get_close_matches(action, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.faults.append(f"keys: there is no action {action!r}{hint}")
        return [
            Binding(b.action, (*overrides.get(b.action, b.keys),), b.help, b.scope)
            for b in bindings
        ]

    def _fill(self) -> None:
        for binding in self.bindings:
            table = self._table.setdefault(binding.scope, {})
            for keys in map(parse_keys, binding.keys):
                twin = table.setdefault(keys, binding)
                if twin.action != binding.action:
                    self.faults.append(
                        f"keys: {show_keys(keys)} is both {twin.action} and {binding.action}"
                    )
        for table in self._table.values():
            for keys in table:
                for length in range(1, len(keys)):
                    if keys[:length] in table:
                        self.faults.append(
                            f"keys: {show_keys(keys)} cannot be typed, because "
                            f"{show_keys(keys[:length])} is {table[keys[:length]].action}"
                        )

    def feed(self, scopes: Sequence[str], key: str) -> Binding | Pending | None:
        """Take a key; `scopes` are searched in order. None: the key means nothing here."""
        typed = (*self._typed, key)
        self._typed = ()
        if key == "escape" and len(typed) > 1:
            return None
        for scope in scopes:
            if found := self._table.get(scope, {}).get(typed):
                return found
        follow = self._follow(scopes, typed)
        if follow:
            self._typed = typed
            return Pending(typed, follow)
        return None

    def _follow(self, scopes: Sequence[str], typed: Keys) -> dict[str, str]:
        found: dict[str, str] = {}
        for scope in scopes:
            for keys, binding in self._table.get(scope, {}).items():
                if len(keys) > len(typed) and keys[: len(typed)] == typed:
                    found.setdefault(show_keys(keys[len(typed) :]), binding.help)
        return found

    @property
    def pending(self) -> bool:
        """Whether a sequence has begun."""
        return bool(self._typed)

    def reset(self) -> None:
        """Forget a sequence that has begun."""
        self._typed = ()

    def keys_for(self, action: str, scope: str = "") -> list[str]:
        """Return the keys of an action, as help shows them."""
        return [
            show_keys(parse_keys(k))
            for b in self.bindings
            if b.action == action and scope in ("", b.scope)
            for k in b.keys
        ]

    def help_rows(self, scopes: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (keys, what it does, scope) of every binding that works in the scopes."""
        return [
            (" ".join(show_keys(parse_keys(k)) for k in b.keys), b.help, b.scope)
            for scope in scopes
            for b in self.bindings
            if b.scope == scope and b.keys
        ]
