"""What is said on the start of plugins that are off."""

from __future__ import annotations

from pathlib import Path

from tests.tui.conftest import Seats


def broken(firm: Path, *names: str) -> None:
    for name in names:
        (firm / "plugins" / f"{name}.py").write_text(
            "class Q(BaseException): pass\nraise Q('oh')\n"
        )
    (firm / "custom.toml").write_text(f"[plugins]\nenabled = {list(names)}\n", encoding="utf-8")


async def test_one_is_told_with_what_leaves_it_so(firm: Path, seat: Seats) -> None:
    broken(firm, "acme")
    async with seat() as seated:
        (notice,) = seated.app._notifications
        assert notice.message.startswith("plugin acme is off: Q: oh (")
        assert "acme.py:2" in notice.message
        assert notice.message.endswith("(to leave it so: crmkit plugin disable acme)")


async def test_several_are_told_in_one_message(firm: Path, seat: Seats) -> None:
    names = [f"acme{n}" for n in range(15)]
    broken(firm, *names)
    async with seat() as seated:
        (notice,) = seated.app._notifications
        assert notice.message.startswith(f"15 plugins are off: {', '.join(sorted(names)[:1])}")
        assert "crmkit doctor" in notice.message
        assert "crmkit plugin disable NAME" in notice.message
