"""Columns share the width: the first ones matter most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.tui.widgets.columns import WIDEST, ColumnSpec, layout

COLUMNS = (
    ColumnSpec("name", "Name", 14, 1),
    ColumnSpec("company", "Company", 10, 1),
    ColumnSpec("state", "Status", 6),
    ColumnSpec("owner", "Owner", 6),
)
ROW = ("Harriet Blum-Weatherington", "Weatherington & Sons", "Open", "anna")


@given(st.lists(st.tuples(*[st.text(max_size=60)] * 4), max_size=5), st.integers(1, 200))
def test_columns_never_take_more_than_there_is(rows: list[tuple[str, ...]], cells: int) -> None:
    widths = layout(COLUMNS, rows, cells)
    assert 1 <= len(widths) <= 4
    assert sum(wide + 1 for wide in widths) <= max(cells, 2)


@pytest.mark.parametrize(("cells", "count"), [(120, 4), (48, 4), (30, 2), (16, 1)])
def test_the_last_columns_give_way_first(cells: int, count: int) -> None:
    assert len(layout(COLUMNS, [ROW], cells)) == count


def test_a_column_is_as_wide_as_its_content_where_there_is_room() -> None:
    assert layout(COLUMNS, [ROW], 100)[1:3] == [20, 8]


def test_one_long_text_does_not_push_the_others_out() -> None:
    row = (ROW[0], "x" * 300, "Open", "anna")
    widths = layout(COLUMNS, [row], 90)
    assert len(widths) == 4
    assert widths[1] <= WIDEST


def test_what_is_left_goes_to_the_heaviest_column() -> None:
    narrow = [("a", "b", "c", "d")]
    widths = layout(COLUMNS, narrow, 80)
    assert widths[0] == max(widths)
