"""The report on matters: how many there are, how many are open, and their fees."""

from crmkit.api import Asked, Chart, Column, Money, Sheet


def matters(asked: Asked) -> Sheet:
    """Return the figures of each area, or of each value of another field."""
    by = asked.by or "area"
    total = asked.aggregate("matter", asked.filter, by)
    still = asked.aggregate(
        "matter", f"({asked.filter}) is:open" if asked.filter else "is:open", by
    )
    fees = asked.aggregate("matter", asked.filter, by, "sum", "fee")
    names = asked.labels("matter", by, total)
    main = asked.locale.currency
    rows = [
        {
            by: names[key],
            "matters": count,
            "open": still.get(key, 0),
            "fees": Money((fees.get(key) or {}).get(main, 0), main),
        }
        for key, count in total.items()
    ]
    rows.sort(key=lambda row: (-row["matters"], row[by]))
    return Sheet(
        columns=(
            Column(by, asked.field("matter", by).label), Column("matters", "Matters", "count"),
            Column("open", "Open", "count"), Column("fees", "Fees", "money"),
        ),
        rows=tuple(rows), chart=Chart(by, ("matters", "open")),
        notes=(f"Fees in other currencies than {main} are left out.",),
    )  # fmt: skip
