"""The file that rejected rows go to, as they were, each with its line and the reason."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from attrs import define, field

from crmkit.core.errors import Usage
from crmkit.exchange.csvfile import SourceRow


@define
class Rejects:
    """Writes rejected rows to a file, made with the first of them (UTF-8, commas).

    Where the import fails as a whole, the file is taken away again.
    """

    path: Path | None
    columns: Sequence[str]
    written: str = ""
    _file: Any = field(default=None, init=False)
    _writer: Any = field(default=None, init=False)

    def write(self, source: SourceRow, reason: str) -> None:
        """Add a row."""
        if self.path is None:
            return
        if self._writer is None:
            self._open(self.path)
        width = len(self.columns)
        cells = [*source.cells, *[""] * (width - len(source.cells))]
        self._writer.writerow([*cells[:width], source.line, reason, *cells[width:]])

    def _open(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", newline="", errors="surrogateescape")
        except OSError as error:
            raise Usage(f"{path} cannot be written: {error.strerror}") from None
        self.written = str(path)
        self._writer = csv.writer(self._file)
        self._writer.writerow([*self.columns, "line", "reason"])

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._file is None:
            return
        self._file.close()
        if kind is not None and self.path is not None:
            self.path.unlink(missing_ok=True)
