"""An entity's command `import`: a file's rows become records, in one commit."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from crmkit.cli import output
from crmkit.cli.bar import Bar
from crmkit.cli.options import FieldNames, Whole
from crmkit.cli.shell import Shell
from crmkit.cli.text import one_line
from crmkit.core.model import EntityModel

if TYPE_CHECKING:
    from crmkit.exchange.importer import ImportReport, Question

INVALID = 6


@contextmanager
def _in_a_file(given: Path) -> Iterator[Path | BinaryIO]:
    """Yield a file; what comes through a pipe, or standard input, is put into one.

    That has no name: nothing of it is left, however the program ends.
    """
    if str(given) != "-" and (given.is_file() or not given.exists()):
        yield given
        return
    with tempfile.TemporaryFile() as copy:
        with open(0 if str(given) == "-" else given, "rb", closefd=str(given) != "-") as source:
            shutil.copyfileobj(source, copy)
        yield cast(BinaryIO, copy)


def importing(entity: EntityModel) -> click.Command:
    """Return the command `import`."""
    fields = FieldNames(entity)

    @click.command("import", epilog=f"""\b
        Columns that are called like a field go there by themselves.
        Example:
          crmkit {entity.name} import old.csv --map name=Title --set source=Other \\
              --value 'status:In talks=CONTACTED' --rejects rejects.csv --dry-run""")  # fmt: skip
    @click.argument("file", metavar="FILE|-",
                    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))  # fmt: skip
    @click.option(
        "--map",
        "mapped",
        multiple=True,
        metavar="FIELD=COLUMN",
        type=fields,
        help="Read a field from a column (email:work, address.city too).",
    )
    @click.option(
        "--set",
        "constants",
        multiple=True,
        metavar="FIELD=TEXT",
        type=fields,
        help="Give every record the same value.",
    )
    @click.option(
        "--value",
        "values",
        multiple=True,
        metavar="FIELD:TEXT=VALUE",
        help="Say what a text in the file stands for.",
    )
    @click.option(
        "--by",
        multiple=True,
        metavar="FIELD=FIELD",
        type=fields,
        help="Find the record that a reference means by one of its fields.",
    )
    @click.option(
        "--create-missing",
        multiple=True,
        metavar="ENTITY",
        help="Make records that rows refer to by name and that do not exist.",
    )
    @click.option(
        "--key",
        default="",
        metavar="COLUMN",
        help="The column that identifies rows; a row does not come in twice.",
    )
    @click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column out.")
    @click.option(
        "--dates",
        type=click.Choice(["dmy", "mdy", "ymd"]),
        help="The order of day, month and year, where the file leaves it open.",
    )
    @click.option(
        "--decimal",
        default="",
        metavar="MARK",
        help="The decimal mark, . or , where the file leaves it open.",
    )
    @click.option("--delimiter", metavar="CHAR", help="What divides columns, if not detected.")
    @click.option("--encoding", metavar="NAME", help="The file's encoding, if not detected.")
    @click.option(
        "--rejects",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the rows that are not imported there, each with its reason.",
    )
    @click.option(
        "--batch",
        default=0,
        metavar="ROWS",
        type=Whole(min=0),
        help="Land in commits of so many rows (0: one for all), so that others may save meanwhile.",
    )
    @click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
    @click.pass_obj
    def run(shell: Shell, /, file: Path, mapped: tuple[str, ...], constants: tuple[str, ...],
            values: tuple[str, ...], by: tuple[str, ...], dates: str | None,
            delimiter: str | None, **others: Any) -> int:  # fmt: skip
        from crmkit.exchange.importer import ImportOptions, run_import

        tab = delimiter in ("\\t", "tab")
        bar = Bar()

        def ask(question: Question) -> str | None:
            bar.clear()
            return _ask(question)

        options = ImportOptions.from_texts(
            map=mapped, set=constants, values=values, by=by, dates=dates or "",
            delimiter="\t" if tab else delimiter, progress=bar.draw,
            called="standard input" if str(file) == "-" else str(file),
            ask=ask if sys.stdin.isatty() and sys.stderr.isatty() else None, **others,
        )  # fmt: skip
        try:
            with _in_a_file(file) as source:
                report = run_import(shell.session, entity.name, source, options)
        finally:
            bar.clear()
        return say_report(report)

    plural = entity.plural.lower()
    run.help = f"Import {plural} from a CSV file, in one commit that undo takes back."
    return run


def say_report(report: ImportReport) -> int:
    """Say what an import did, and return the exit code: 6 where no row was good."""
    for line in report.lines():
        output.say(line)
    if len(report.commits) > 1:
        count, first, last = len(report.commits), report.commits[0], report.commits[-1]
        output.say(f"{count} commits, {first} to {last}: crmkit undo takes back one at a time")
    elif report.commit is not None:
        output.say(f"crmkit undo {report.commit} takes it back")
    return INVALID if report.rejected and not report.imported else 0


def _ask(question: Question) -> str | None:
    """Ask on the terminal what an unknown word stands for; nothing leaves it unknown."""
    choices = ", ".join(question.choices)
    print(
        one_line(
            f"{question.label}: {question.text!r} ({question.count} times) is not known; "
            f"one of {choices}"
        ),
        file=sys.stderr,
    )
    print("It stands for (empty: leave it): ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or None
