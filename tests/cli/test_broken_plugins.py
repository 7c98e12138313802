"""Plugins that are broken, as the shell tells of them: one line, an exit code, clean output."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.core.broken_plugins import HEAD, extension, hook

Acme = Callable[[str], None]
NAMED = re.compile(r"of plugin acme failed: .*acme\.py:[1-9].*crmkit plugin disable acme")


@pytest.fixture
def acme(firm: Path) -> Acme:
    """Switch a plugin of the given code on."""

    def write(code: str) -> None:
        (firm / "plugins" / "acme.py").write_text(HEAD + code, encoding="utf-8")
        (firm / "custom.toml").write_text('[plugins]\nenabled = ["acme"]\n', encoding="utf-8")

    return write


@pytest.mark.parametrize("wrong", ["SystemExit(0)", "KeyboardInterrupt()", "KeyError('oh')"])
@pytest.mark.parametrize(
    "brings",
    [
        extension("checks=(fail,)"),
        extension("guards=(Guard(fail, target='CONTACTED'),)"),
        hook("commands", "yield Command('look', 'lead', fail)"),
        hook("cli", "yield ShellCommand('look', fail)"),
        hook("jobs", "yield Job('look', fail)"),
    ],
    ids=["check", "guard", "command", "shell-command", "job"],
)
def test_whatever_a_plugin_raises_is_one_line_and_exit_code_1(
    brings: str, wrong: str, acme: Acme, crm: Command
) -> None:
    crm("lead", "add", "name=Ann", "email=ann@example.com")
    acme(f"def fail(*given):\n    raise {wrong}\n{brings}")
    for args in (
        ["lead", "set", "1", "notes=x"] if "checks" in brings else
        ["lead", "move", "1", "CONTACTED"] if "guards" in brings else
        ["lead", "look", "1"] if "commands" in brings else
        ["look"] if "cli" in brings else ["tick"],
    ):  # fmt: skip
        said = crm(*args)
        assert (said.code, said.out) == (1, "")
        assert NAMED.search(said.err)
        assert "Traceback" not in said.err


def test_a_guard_that_says_no_is_no_fault(acme: Acme, crm: Command) -> None:
    crm("lead", "add", "name=Ann", "email=ann@example.com")
    acme(
        "def no(*given):\n    return 'Not yet.'\n" + extension("guards=(Guard(no, target='LOST'),)")
    )
    for args in (
        ("move", "1", "LOST", "lost_reason=x"),
        ("add", "name=Bo", "email=bo@example.com", "status=LOST", "lost_reason=x"),
    ):
        said = crm("lead", *args)
        assert (said.code, said.err) == (6, "crmkit: Not yet.\n")


def test_an_import_rejects_the_row_that_a_guard_refuses(
    acme: Acme, crm: Command, tmp_path: Path
) -> None:
    acme(
        "def no(*given):\n    return 'Not yet.'\n" + extension("guards=(Guard(no, target='LOST'),)")
    )
    file = tmp_path / "leads.csv"
    file.write_text("Name,Email,Status\nAnn,a@example.com,Lost\nBo,b@example.com,Contacted\n")
    said = crm("lead", "import", str(file))
    assert "Not yet." in said.err + said.out
    assert [row["name"] for row in crm("lead", "list", "--format", "json").json] == ["Bo"]


def test_what_a_plugin_prints_leaves_the_output_as_it_is(acme: Acme, crm: Command) -> None:
    loud = "\n".join(
        f"@hookimpl\ndef crm_{name}(told):\n    print('{name}')\n"
        for name in ("started", "stopping")
    )
    check = "def look(told):\n    print('looked')\n    return ['odd']\n"
    acme(f"print('imported')\n{check}{loud}" + hook("checks", "yield Check('odd', look)"))
    said = crm("doctor", "--format", "json")
    assert {"check": "odd", "ok": False, "detail": "odd"} in said.json
    assert all(word in said.err for word in ("imported", "started", "looked", "stopping"))


def test_a_matcher_that_fails_is_told_of_and_the_record_is_added(acme: Acme, crm: Command) -> None:
    fail = "def fail(*given):\n    raise KeyError('oh')\n"
    acme(fail + hook("matchers", "yield Matcher('lead', near=fail, pairs=fail)"))
    said = crm("lead", "add", "name=Ann", "email=ann@example.com")
    assert (said.code, said.out) == (0, "1\n")
    assert NAMED.search(said.err)
    assert crm("lead", "set", "1", "email=b@example.com").code == 0
    unsure = crm("lead", "add", "name=Bo", "email=bo@example.com", "--unique")
    assert (unsure.code, unsure.out) == (1, "")


def test_of_several_file_formats_one_is_to_be_chosen(acme: Acme, crm: Command) -> None:
    one, two = (f"yield Export('lead', '{name}', lambda records, ctx: b'x')" for name in ("a", "b"))
    acme(hook("exports", one, two))
    for args in ((), ("xx",)):
        said = crm("lead", "export", *args)
        assert said.code == 2
        assert "--format" in said.err
    assert crm("lead", "export", "--format", "c").code == 2


def test_a_job_that_keeps_failing_is_suspended_until_it_is_resumed(
    acme: Acme, crm: Command
) -> None:
    acme(hook("jobs", "yield Job('j1', lambda ctx: 'done')", "yield Job('j2', lambda ctx: 42)"))
    for _ in range(3):
        said = crm("tick")
        assert said.code == 1
        assert "job j2 of plugin acme failed: TypeError: it answered 42" in said.err
        assert "done" in said.err
    again = "crmkit tick --resume j2"
    for command in ("tick", "doctor"):
        said = crm(command)
        assert again in said.err + said.out
        assert "answered 42" not in said.err
    assert crm("tick", "--resume", "j3").code == 3
    assert crm("tick", "--resume", "j2").code == 0
    assert "answered 42" in crm("tick").err


def test_a_value_that_cannot_be_shown_is_a_mark_in_the_list(acme: Acme, crm: Command) -> None:
    kind = """
class Odd(FieldKind):
    name = "odd"
    example = "x"
    def format(self, value, locale):
        return value if value == "x" else 1 / 0
def odd(label, *, default=None, **more):
    return of_kind(label, Odd(), default=default, **more)
@facet("lead")
class F(Facet):
    much: str | None = odd("Much", default=None)
"""
    acme(kind + hook("field_kinds", "yield NewKind(Odd, odd)") + extension("facet=F"))
    crm("upgrade")
    crm("lead", "add", "name=Ann", "email=ann@example.com", "much=y")
    shown = crm("lead", "show", "1")
    assert shown.code == 0
    assert "Ann" in shown.out
    assert "acme!" in shown.out
