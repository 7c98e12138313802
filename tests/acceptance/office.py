"""An office for tests: a workspace, its shell in this process, its sessions and its screens."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import field, frozen

from crmkit.app import init, open_crm
from crmkit.cli import main
from crmkit.core.crm import Crm
from crmkit.core.session import Session
from crmkit.tui.app import CrmApp
from tests.tui.conftest import Seated


@frozen
class Said:
    """What a command left: its exit code, its data and its messages."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data, read as JSON."""
        return json.loads(self.out)


class _Output(io.TextIOWrapper):
    """Standard output as programs get it: bytes behind text."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


@frozen
class Office:
    """A workspace of ada's, who made it."""

    path: Path
    opened: list[Crm] = field(factory=list)

    @classmethod
    def make(cls, path: Path, **settings: str) -> Office:
        """Make a workspace."""
        init(path, **settings).store.close()
        return cls(path)

    @property
    def crm(self) -> Crm:
        """The workspace, opened once and kept open until `anew`."""
        if not self.opened:
            self.opened.append(open_crm(self.path))
        return self.opened[0]

    def anew(self) -> Crm:
        """Open the workspace again, as a new process would."""
        self.close()
        return self.crm

    def close(self) -> None:
        """Let go of the database."""
        while self.opened:
            self.opened.pop().store.close()

    def session(self, user: str = "ada") -> Session:
        """A session of a user."""
        return self.crm.session(user)

    def shell(self, *args: str, by: str = "", code: int | None = 0) -> Said:
        """Give a command in the shell; `code` is the exit code that it must have, if any."""
        out, err = _Output(), io.StringIO()
        user = ["--as", by] if by else []
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            got = main(["--workspace", str(self.path), *user, *args])
        said = Said(got, out.text(), err.getvalue())
        assert code is None or got == code, (args, said)
        return said

    @asynccontextmanager
    async def seat(self, user: str = "ada") -> AsyncIterator[Seated]:
        """Open the terminal UI for a user."""
        app = CrmApp(self.path, user)
        async with app.run_test(size=(120, 40)) as pilot:
            for _ in range(400):
                await pilot.pause(0.01)
                if app.desk is not None and len(app.screen_stack) > 1:
                    break
            seated = Seated(app, pilot)
            await seated.settle()
            yield seated
