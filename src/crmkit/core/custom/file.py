"""Reading and writing `custom.toml`: line-exact errors, and never half a file."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import attrs
from attrs import frozen

from crmkit.core.custom.parts import SECTIONS, Custom, texts
from crmkit.core.errors import Fault, unknown

PartT = TypeVar("PartT")
_SWITCHES = re.compile(r"^\[plugins\][^\n]*\n(?:[^\[\n][^\n]*\n?|\n)*", re.MULTILINE)
_AT = re.compile(r" \(at line (\d+), column \d+\)")


def read_custom(path: Path) -> Custom:
    """Return what the file says; nothing where there is none. Fault names the line at fault."""
    if not path.exists():
        return Custom()
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise Fault(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        before = bytes(error.object[: error.start]).count(b"\n")
        raise Fault(f"{path}, line {before + 1}: this is no UTF-8; save it as UTF-8") from None
    except RecursionError:
        raise Fault(f"{path}: it nests deeper than anything that is declared") from None
    except tomllib.TOMLDecodeError as error:
        why, line = str(error), _AT.search(str(error))
        number = line[1] if line else len(text.splitlines())
        raise Fault(f"{path}, line {number}: {_AT.sub('', why)}") from None
    return _Reader(path, text).custom(data)


def read_switches(path: Path) -> Custom:
    """Return which plugins the file switches on and off, whatever is wrong with its other parts.

    Nothing where that part cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = _SWITCHES.search(text)
        return _Reader(path, text).custom(tomllib.loads(found[0]) if found else {})
    except (OSError, ValueError, RecursionError, Fault):
        return Custom()


@frozen
class _Reader:
    path: Path
    text: str

    def custom(self, data: Mapping[str, Any]) -> Custom:
        known = ["plugins", *SECTIONS]
        for name in data:
            if name not in known:
                raise self._fault(self._line(rf"\[*{re.escape(name)}\b"),
                                  unknown("section", name, known))  # fmt: skip
        plugins = data.get("plugins", {})
        parts = {
            name: self._parts(section, cls, data.get(section, []))
            for section, (name, cls) in SECTIONS.items()
        }
        try:
            enabled, disabled = (texts(plugins.get(n, ())) for n in ("enabled", "disabled"))
        except (AttributeError, TypeError, ValueError):
            line = self._line(r"\[plugins\]")
            raise self._fault(line, '[plugins]: write enabled = ["name"]') from None
        return Custom(enabled=enabled, disabled=disabled, **parts)

    def _parts(self, section: str, cls: type[PartT], given: Any) -> tuple[PartT, ...]:
        if not isinstance(given, list) or not all(isinstance(g, dict) for g in given):
            line = self._line(rf"\[*{section}\b")
            raise self._fault(line, f"write [[{section}]] above each {section}")
        found = tuple(self._part(section, cls, n, one) for n, one in enumerate(given))
        idents = [part.ident for part in found]  # type: ignore[attr-defined]
        for n, ident in enumerate(idents):
            if ident in idents[:n]:
                named = " ".join(filter(None, ident))
                line = self._line(rf"\[\[{section}\]\]", n)
                raise self._fault(line, f"[[{section}]] {named} is there twice; keep one of them")
        return found

    def _part(self, section: str, cls: type[PartT], n: int, given: Mapping[str, Any]) -> PartT:
        known = {a.name: a for a in attrs.fields(cls)}  # type: ignore[arg-type]
        head = self._line(rf"\[\[{section}\]\]", n)
        for key, value in given.items():
            line = self._line(rf"\"?{re.escape(key)}\"?\s*=", start=head)
            if key not in known:
                raise self._fault(line, f"[[{section}]] {unknown('key', key, list(known))}")
            default = known[key].default
            if default == () and not _is_texts(value):
                raise self._fault(line, f'[[{section}]] {key}: write a list such as ["a", "b"]')
            kind = bool if default is True or default is False else str
            if default != () and type(value) is not kind:
                wanted = "true or false" if kind is bool else "text in quotes"
                raise self._fault(line, f"[[{section}]] {key}: write {wanted}")
        for a in known.values():
            if a.default is attrs.NOTHING and a.name not in given:
                raise self._fault(head, f"[[{section}]] {a.name} is missing")
        try:
            return cls(**given)
        except (TypeError, ValueError) as error:
            key = str(error).partition(":")[0]
            line = self._line(rf"{key}\s*=", start=head) if key in given else head
            raise self._fault(line, f"[[{section}]] {error}") from None

    def _line(self, pattern: str, nth: int = 0, start: int = 1) -> int:
        """Return the number of the nth line that begins with a pattern."""
        found = [
            n
            for n, line in enumerate(self.text.splitlines(), 1)
            if n >= start and re.match(rf"\s*{pattern}", line)
        ]
        return found[nth] if nth < len(found) else start

    def _fault(self, line: int, message: str) -> Fault:
        return Fault(f"{self.path}, line {line}: {message}")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def change_custom(
    path: Path,
    change: Callable[[Custom], Custom],
    accept: Callable[[Custom, Path], None] = lambda custom, path: None,
) -> Custom:
    """Read the file, change it and write it whole, while nobody else does; return what it says.

    `accept` is given what the file will say and a file that says it, before it takes the old
    one's place; what it raises leaves the old one. A crash leaves the old file or the new one.
    Fault where it cannot be written.
    """
    try:
        with _alone(path):
            new = change(read_custom(path))
            with _beside(path) as written:
                _write(written, new)
                accept(new, written)
                written.replace(path)
                _settle(path.parent)
    except OSError as error:
        raise Fault(f"{path} cannot be written: {error.strerror}") from None
    return new


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with open(path.with_suffix(".lock"), "w", opener=_private) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a new file in the same folder, which goes unless it was given another name."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".custom", suffix=".toml")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _write(path: Path, custom: Custom) -> None:
    import tomli_w

    text = "# Written by crmkit; it may be changed by hand.\n\n" + tomli_w.dumps(custom.as_toml())
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Bring the folder's own entry to the disk: the new name survives a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
