"""The firm's scheme of numbers: `M-2026-0007`, one after the other in each year, none twice."""

from typing import Any

from crmkit.api import Context, Record, Setting, entity
from crmkit.api import number as whole_number

from .matter import Matter

PREFIX = Setting("prefix", "M", help="What numbers begin with.")


@entity("matter_number", title="year", hidden=True)
class LastNumber(Record):
    """The last number of a year; it stays where a matter is deleted, so that none comes again."""

    year: int = whole_number("Year", index=True)
    last: int = whole_number("Last number")


def number(before: Matter | None, after: Matter, ctx: Context) -> dict[str, Any] | None:
    """Return the number of a matter that has none."""
    if after.number:
        return None
    year = ctx.locale.local(ctx.now).year
    return {"number": _next(year, f"{ctx.setting(PREFIX)}-{year}-", ctx)}


def _next(year: int, prefix: str, ctx: Context) -> str:
    # Two who open a matter at the same time get theirs one after the other.
    ctx.lock("matter numbers")
    with ctx.granted():
        known = ctx.find("matter_number", f"year={year}", limit=1)
        last = known[0].last + 1 if known else 1
        while ctx.find("matter", f'number="{prefix}{last:04}"', limit=1):  # it was typed, imported
            last += 1
        if known:
            ctx.save(known[0].evolve(last=last))
        else:
            ctx.add("matter_number", year=year, last=last)
    return f"{prefix}{last:04}"


def is_free(matter: Matter, ctx: Context) -> dict[str, str] | None:
    """Refuse a number that another matter has."""
    if not matter.number:
        return None
    twins = ctx.find("matter", f'number="{matter.number}"', limit=2)
    if any(twin.id != matter.id for twin in twins):
        return {"number": f"there is a matter {matter.number} already"}
    return None
