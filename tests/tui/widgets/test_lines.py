"""Lines: strips of exact width, and only what changed of them is sent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crmkit.tui.text import fit, safe
from crmkit.tui.widgets.lines import Line, LineWidget, changes

from .conftest import Bench, Regions, painted

PIECES = st.lists(
    st.tuples(st.text("ab 王é", max_size=6), st.sampled_from(["", "muted", "cursor"])), max_size=6
)
LINES = st.tuples(PIECES, st.sampled_from(["text", "cursor"]))
CELLS = 16

Cell = tuple[str, str, str]


def as_cells(line: Line) -> list[Cell]:
    """A line as its terminal cells: what is in each, and in which style."""
    pieces, base = line
    cells: list[Cell] = []
    for text, name in pieces:
        for char in text:
            cells += [(char, base, name)] + [("", base, name)] * (char == "王")
    cells += [(" ", base, "")] * (CELLS - len(cells))
    return cells[:CELLS]


@given(LINES, LINES)
def test_sending_the_changes_makes_the_old_line_the_new_one(old: Line, new: Line) -> None:
    screen, wanted = as_cells(old), as_cells(new)
    for start, end in changes(old, new, CELLS):
        screen[start:end] = wanted[start:end]
    assert screen == wanted


@given(LINES)
def test_nothing_changed_means_nothing_is_sent(line: Line) -> None:
    assert changes(line, line, CELLS) == []


def test_only_the_pieces_that_changed_are_sent() -> None:
    old = [("name " * 4, ""), ("12", "muted"), (" " * 20, ""), ("x", "")], "text"
    new = [("name " * 4, ""), ("13", "muted"), (" " * 20, ""), ("y", "")], "text"
    assert changes(old, new, 60) == [(20, 22), (42, 43)]


def test_changes_that_touch_are_sent_as_one() -> None:
    old = [("aaaa", ""), ("bbb", "muted"), ("|", ""), ("cccc", "")], "text"
    new = [("dddd", ""), ("eee", "muted"), ("|", ""), ("ffff", "")], "text"
    assert changes(old, new, 60) == [(0, 7), (8, 12)]


class Two(LineWidget):
    """Two lines of pieces that a test sets."""

    lines: tuple[Line, Line] = (((), "text"), ((), "text"))

    def line(self, y: int) -> Line:
        return self.lines[y] if y < 2 else ((), "text")


async def test_a_line_is_as_wide_as_its_widget() -> None:
    two = Two()
    two.lines = (([("too long " * 9, "muted")], "text"), ([(fit(safe("王"), 2), "")], "text"))
    async with Bench(two).run_test(size=(30, 4)):
        assert [two.render_line(y).cell_length for y in range(4)] == [30] * 4
        assert painted(two)[1].startswith("王")


async def test_pieces_of_one_style_are_sent_as_one() -> None:
    two = Two()
    two.lines = (([("a", ""), ("b", ""), ("c", "muted"), ("d", "muted")], "text"), ((), "text"))
    async with Bench(two).run_test(size=(4, 2)):
        assert [segment.text for segment in two.render_line(0)] == ["ab", "cd"]


async def test_repaint_sends_the_lines_that_changed() -> None:
    two = Two()
    async with Bench(two).run_test(size=(30, 4)):
        sent = Regions(two)
        two.repaint()
        assert sent.all == []
        two.lines = (two.lines[0], ([("new", "")], "text"))
        two.repaint(0)
        assert sent.all == []
        two.repaint()
        assert sent.lines == {1}
