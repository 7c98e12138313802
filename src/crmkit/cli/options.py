"""Options and argument handling that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click
from attrs import frozen
from click.shell_completion import CompletionItem

from crmkit.cli import output
from crmkit.cli.text import one_line
from crmkit.core.errors import CrmError, Usage, unknown
from crmkit.core.model import EntityModel

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)


def flow_option() -> Callable[[Decorated], Decorated]:
    """Return the option `--flow`, for an entity with several workflows."""
    return click.option(
        "--flow", metavar="FIELD", default="", help="The workflow, where there are several."
    )


def format_option(
    *formats: str, default: str = "table"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option `--format`, and `--raw` where files are among the formats."""
    known = formats or ("table", "json", "csv", "tsv")
    option = click.option(
        "--format", "form", type=click.Choice(known), default=default, show_default=True,
        help="How to write it.",
    )  # fmt: skip
    return (lambda run: option(raw_option("csv, tsv")(run))) if "csv" in known else option


def raw_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option `--raw`, for files of data in which something may act on a terminal."""

    def note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        ctx.meta[output.RAW] = ctx.meta.get(output.RAW) or value

    return click.option(
        "--raw", is_flag=True, expose_value=False, callback=note,
        help=f"{what}: send control characters as they are, to a terminal and over SSH too.",
    )  # fmt: skip


class Whole(click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> Any:
        """Return the number; what is none, or out of bounds, is refused in plain words."""
        text = str(value)
        try:
            number = int(text)
        except ValueError:
            self.fail(f"{text!r} is not a whole number", param, ctx)
        low, high = self.min, self.max
        if (low is not None and number < low) or (high is not None and number > high):
            bounds = f"from {low} to {high:,}" if high is not None else f"{low} or more"
            self.fail(f"{number} is not {bounds}", param, ctx)
        return number


class Words(click.Command):
    """A command whose arguments may begin with one dash, as `-source:Event` and `-5` do.

    Only its own long options, and `-h`, are options; other long ones are refused.
    """

    def __init__(self, name: str | None, **settings: Any) -> None:
        super().__init__(name, **settings)
        self.context_settings = {"ignore_unknown_options": True, "help_option_names": ["--help"]}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse unknown long options, which click is told to take for arguments."""
        return super().parse_args(ctx, list(self._checked(ctx, args)))

    def _checked(self, ctx: click.Context, args: list[str]) -> Iterable[str]:
        known = {o: p for p in self.get_params(ctx) for o in (*p.opts, *p.secondary_opts)}
        rest = iter(args)
        for arg in rest:
            name, sign, _ = arg.partition("=")
            option = known.get(name)
            if arg == "--":
                yield arg
                break
            if arg.startswith("--") and option is None and not ctx.resilient_parsing:
                raise click.NoSuchOption(name, possibilities=sorted(known), ctx=ctx)
            yield "--help" if arg == "-h" else self.spelled(arg)
            if isinstance(option, click.Option) and not option.is_flag and not sign:
                yield from (value for value in [next(rest, None)] if value is not None)
        yield from rest

    def spelled(self, arg: str) -> str:
        """Return an argument as click is to read it."""
        return arg


class Assigning(Words):
    """A command whose options may be written as fields are: NAME=VALUE for --name VALUE."""

    def spelled(self, arg: str) -> str:
        """Return an assignment to one of its own options as that option."""
        found = _ASSIGNMENT.fullmatch(arg)
        name = found[1].replace("_", "-") if found else ""
        known = any(f"--{name}" in option.opts for option in self.params)
        return f"--{name}={found[2]}" if found and known else arg


class Branch(click.Group):
    """A group that names what is near when a command is not known."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; Usage names those that are near an unknown one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            if args[0].startswith("-"):
                raise
            raise click.UsageError(self.missing(ctx, args[0]), ctx) from None

    def missing(self, ctx: click.Context, name: str) -> str:
        """Return that there is no such command, and what is near."""
        return unknown("command", name, self.list_commands(ctx))


@frozen
class Given:
    """Arguments sorted out: ids, values by field name, and other words."""

    ids: tuple[int, ...]
    values: Mapping[str, str]
    words: tuple[str, ...]


def sort_out(entity: EntityModel, args: Sequence[str]) -> Given:
    """Sort arguments into ids, assignments and words; they may stand in any order.

    `FIELD=` clears a field. A repeating field may be given several times.
    """
    ids: list[int] = []
    words: list[str] = []
    values: dict[str, str] = {}
    for arg in args:
        found = _ASSIGNMENT.fullmatch(arg)
        if found:
            _assign(entity, values, found[1], found[2])
        elif number := re.fullmatch(rf"(?:#|{entity.name}:)?([1-9][0-9]{{0,17}})", arg):
            ids.append(int(number[1]))
        else:
            words.append(arg)
    return Given(tuple(dict.fromkeys(ids)), values, tuple(words))


def _assign(entity: EntityModel, values: dict[str, str], name: str, text: str) -> None:
    field = entity.by_key.get(name) or entity.by_key.get(name.replace("-", "_"))
    key = entity.short(field) if field else name
    if key not in values:
        values[key] = text
    elif field and field.many:
        values[key] = f"{values[key]} | {text}"
    else:
        raise Usage(f"{key} is given twice")


def demand_ids(entity: EntityModel, given: Given) -> tuple[int, ...]:
    """Return the ids; Usage where there are none."""
    if not given.ids:
        raise Usage(
            f"say which {entity.label.lower()} by its number; find it with: "
            f"crmkit {entity.name} list"
        )
    return given.ids


def refuse_words(given: Given, *, numbers: bool = True) -> None:
    """Raise Usage where a word is neither a number (if those may stand here) nor FIELD=VALUE."""
    if given.words:
        kind = "neither a number nor FIELD=VALUE" if numbers else "not FIELD=VALUE"
        raise Usage(f"{given.words[0]!r} is {kind}")


def demand_one_version(ids: Sequence[int], version: int | None) -> None:
    """Raise Usage where `--version` is given for several records."""
    if version is not None and len(ids) > 1:
        raise Usage("--version is of one record; leave it out, or give one number")


class FieldNames(click.types.StringParamType):
    """Text that shell completion fills in with the entity's fields."""

    def __init__(self, entity: EntityModel, after: str = "=") -> None:
        self.entity = entity
        self.after = after

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return `field=` for each field that starts so, and `field=code` behind it."""
        name, sign, start = incomplete.partition(self.after)
        if not sign:
            typed = [f for f in self.entity.fields if f.typed or self.after == ":"]
            named = [(self.entity.short(f), one_line(f.label)) for f in typed]
            return [CompletionItem(k + self.after, help=h) for k, h in named if k.startswith(name)]
        try:
            options = self.entity.field(name).kind.describe().get("options", {})
        except CrmError:
            return []
        codes = [one_line(code) for code in options if code.startswith(start)]
        return [CompletionItem(f"{name}{sign}{code}") for code in codes]
