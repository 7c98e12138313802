"""Inside the walls the program does all that a session is there for."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest

from crmkit.app import open_crm
from crmkit.core.errors import Fault
from crmkit.core.workspace import open_workspace
from crmkit.server import landlock, sandbox
from crmkit.server.reach import look_up, reach_of
from tests.server.conftest import in_child

pytestmark = pytest.mark.skipif(bool(sandbox.lacks()), reason="; ".join(sandbox.lacks()) or "-")


def walled(firm: Path) -> Any:
    assert sandbox.confine(firm, strict=True) == []
    return open_crm(firm).session("ada")


def test_records_are_read_searched_saved_and_taken_back(firm: Path) -> None:
    def work() -> tuple[int, int, str]:
        session = walled(firm)
        id = session.add("lead", {"name": "Zoë Müller", "email": "z@example.com"}).id
        session.set("lead", id, {"company": "Müller GmbH"})
        found = len(session.search("müll"))
        session.undo()
        return session.count("lead"), found, session.get("lead", id).company or ""

    assert in_child(work) == (4, 1, "")
    assert open_crm(firm).session("ada").count("lead") == 4


def test_sessions_come_and_go_and_a_program_outside_works_beside_them(firm: Path) -> None:
    def name_one(name: str) -> None:
        session = walled(firm)
        # Whoever closes last takes the side files away: not while somebody needs them.
        outside(f"{name} outside")
        session.add("lead", {"name": name, "email": "x@example.com"})

    def outside(name: str) -> None:
        crm = open_crm(firm)
        crm.session("ada").count("lead")
        crm.store.close()

    for n in range(3):
        in_child(lambda n=n: name_one(f"Lead number {n}"))
        crm = open_crm(firm)
        crm.session("ada").add("lead", {"name": f"Beside {n}", "email": "x@example.com"})
        crm.store.close()
    assert open_crm(firm).session("ada").count("lead") == 9


def test_the_side_files_stay_while_a_session_has_not_opened_the_database_yet(firm: Path) -> None:
    def late() -> int:
        sandbox.confine(firm, strict=True)
        told.write(b"ready\n")
        told.flush()
        os.read(go, 1)
        return open_crm(firm).session("ada").count("lead")

    (ready, tell), (go, on) = os.pipe(), os.pipe()
    told = os.fdopen(tell, "wb")

    def beside() -> None:
        os.read(ready, 6)
        db = sqlite3.connect(firm / "crmkit.db")
        db.execute("SELECT count(*) FROM crm_commit").fetchone()
        db.close()
        os.write(on, b"x")

    helper = os.fork()
    if helper == 0:
        beside()
        os._exit(0)
    assert in_child(late) == 3
    os.waitpid(helper, 0)
    told.close()
    for fd in (ready, go, on):
        os.close(fd)


def test_a_file_is_imported_from_standard_input(firm: Path) -> None:
    from crmkit.cli.root import crmkit

    text = "name,email\n" + "".join(f"Person {n},p{n}@example.com\n" for n in range(50))
    (firm.parent / "people.csv").write_text(text)

    def work() -> int:
        os.dup2(os.open(firm.parent / "people.csv", os.O_RDONLY), 0)
        sandbox.confine(firm, strict=True)
        try:
            crmkit(["--workspace", str(firm), "lead", "import", "-"], standalone_mode=False)
        except SystemExit as ended:
            assert not ended.code
        return open_crm(firm).session("ada").count("lead")

    assert in_child(work) == 53


def test_an_import_from_standard_input_leaves_nothing_though_it_is_killed(
    firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is imported are names and addresses, which no erasure would find there."""
    from crmkit.cli.root import crmkit
    from crmkit.exchange import importer

    (firm.parent / "people.csv").write_text("name,email\nAnn,ann@example.com\n")

    def during(session: Any, entity: str, source: Any, options: Any) -> None:
        source.seek(0)
        assert b"ann@example.com" in source.read()
        left = [path.name for path in (firm / "state" / ".tmp").iterdir()]
        os.write(told, " ".join(left).encode() + b".")
        os._exit(137)

    def work() -> None:
        os.dup2(os.open(firm.parent / "people.csv", os.O_RDONLY), 0)
        sandbox.confine(firm, strict=True)
        crmkit(["--workspace", str(firm), "lead", "import", "-"], standalone_mode=False)

    heard, told = os.pipe()
    monkeypatch.setattr(importer, "run_import", during)
    child = os.fork()
    if child == 0:
        work()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 137
    assert os.read(heard, 100) == b"."


def test_temporary_files_that_were_left_long_ago_are_swept(firm: Path) -> None:
    folder = firm / "state" / ".tmp"
    folder.mkdir(parents=True)
    (folder / "crmkit-old.csv").write_text("Ann")
    (folder / "new").write_text("Ben")
    os.utime(folder / "crmkit-old.csv", (0, 0))
    in_child(lambda: sandbox.confine(firm, strict=True))
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_a_users_folder_is_the_same_though_his_account_cannot_be_looked_up_any_more(
    firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever adds an account replaces the file of accounts, and the walls are on the old one."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    outside = open_workspace(firm).state_of("eve")

    def work() -> str:
        sandbox.confine(firm, strict=True)
        monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
        return str(open_workspace(firm).state_of("eve"))

    assert in_child(work) == str(outside)


def test_what_does_not_fit_in_memory_goes_into_the_firms_folder(firm: Path) -> None:
    def work() -> tuple[str, int]:
        sandbox.confine(firm, strict=True)
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 100_000)
        db = sqlite3.connect(firm / "crmkit.db")
        db.execute("PRAGMA temp_store = FILE")
        db.execute("PRAGMA cache_size = 10")
        db.execute("CREATE TEMP TABLE much (a)")
        db.executemany("INSERT INTO much VALUES (?)", ((f"{n:0200}",) for n in range(20_000)))
        (last,) = db.execute("SELECT max(a) FROM (SELECT a FROM much ORDER BY a DESC)").fetchone()
        return tempfile.gettempdir(), int(last)

    assert in_child(work) == (str(firm / "state" / ".tmp"), 19_999)
    assert list((firm / "state" / ".tmp").iterdir()) == []


def test_the_terminal_ui_runs_and_keeps_what_is_typed(firm: Path) -> None:
    def work() -> list[str]:
        sandbox.confine(firm, strict=True)
        return asyncio.run(use())

    async def use() -> list[str]:
        from crmkit.tui.app import CrmApp

        app = CrmApp(firm, "ada")
        async with app.run_test(size=(100, 30)) as pilot:
            for _ in range(600):
                await pilot.pause(0.01)
                if app.desk is not None and len(app.screen_stack) > 1:
                    break
            assert app.desk is not None
            app.desk.go_entity("lead")
            await pilot.pause(0.1)
            app.desk.open_form("lead")
            await pilot.pause(0.3)
            await pilot.press("Z", "o", "e")
            await pilot.pause(0.1)
            app.save_work()
            return [path.name for path in app.desk.folder.glob("*.json")]

    kept = in_child(work)
    assert "place.json" in kept
    assert any(name.startswith("draft-") for name in kept)


@pytest.mark.parametrize(
    ("url", "tcp", "ports"),
    [
        ("postgresql://crm@/crm", False, ()),
        ("postgresql://crm@/crm?host=/run/postgresql", False, ()),
        ("postgresql://crm@%2Frun%2Fpostgresql/crm", False, ()),
        ("postgresql://crm:p@db.example.com/crm", True, (5432,)),
        ("postgresql://crm@10.0.0.1:5433,10.0.0.2:5434/crm", True, (5433, 5434)),
        ("postgresql:///crm?host=db1,db2&port=5440", True, (5440,)),
        ("postgresql://crm@[::1]:5433/crm", True, (5433,)),
    ],
)
def test_a_server_is_reached_where_it_is_and_nowhere_else(
    url: str, tcp: bool, ports: tuple[int, ...]
) -> None:
    reach = reach_of(url)
    assert (socket.AF_INET in reach.families, reach.ports) == (tcp, ports)
    assert reach.files == ()


def test_of_the_network_only_the_servers_port_is_open(firm: Path) -> None:
    if landlock.abi() < 4:
        pytest.skip("this kernel does not restrict ports (Landlock 4)")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [s.getsockname()[1] for s in (server, other)]
        config = firm / "crmkit.toml"
        url = f'database = "postgresql://crm@127.0.0.1:{ports[0]}/crm"\n'
        config.write_text(url + config.read_text())

        def reached() -> list[bool]:
            sandbox.confine(firm, strict=True)
            return [connects(port) for port in ports]

        assert in_child(lambda: [connects(port) for port in ports]) == [True, True]
        assert in_child(reached) == [True, False]


def connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except PermissionError:
        return False
    return True


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://crm@db.example.com/crm", "192.0.2.1"),
        ("postgresql://crm@db.example.com:5433,10.0.0.2/crm", "192.0.2.1,10.0.0.2"),
        ("postgresql://crm@nowhere.example.com,db.example.com/crm", ",192.0.2.1"),
        ("postgresql://crm@nowhere.example.com/crm", None),
        ("postgresql://crm@10.0.0.2/crm", None),
        ("postgresql://crm@[::1]/crm", None),
        ("postgresql://crm@/crm?host=/run/postgresql", None),
    ],
)
def test_the_addresses_of_servers_are_found_before_the_walls_stand(
    url: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(host: str, port: int, **_: Any) -> list[Any]:
        if host == "nowhere.example.com":
            raise socket.gaierror("no such host")
        address = {"db.example.com": "192.0.2.1"}.get(host, host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    monkeypatch.setenv("PGHOSTADDR", "x")
    monkeypatch.delenv("PGHOSTADDR")
    look_up(reach_of(url))
    assert os.environ.get("PGHOSTADDR") == told


def test_a_server_is_found_by_its_name_from_inside(firm: Path) -> None:
    psycopg = pytest.importorskip("psycopg")

    def fails(*_: Any, **__: Any) -> None:
        raise AssertionError("a name server was asked")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        config = firm / "crmkit.toml"
        url = f"postgresql://crm@localhost:{server.getsockname()[1]}/crm"
        config.write_text(f'database = "{url}"\n' + config.read_text())

        def come() -> str:
            sandbox.confine(firm, strict=True)
            socket.getaddrinfo = fails
            with pytest.raises(psycopg.OperationalError) as caught:
                psycopg.connect(url, connect_timeout=2)
            return str(caught.value)

        assert "name server" not in in_child(come)
        server.accept()[0].close()


def test_postgresql_is_used_from_inside(firm: Path, postgres_database: str) -> None:
    from crmkit.app import init

    place = firm.parent / "served"
    init(place, database=postgres_database).store.close()

    def work() -> int:
        session = walled(place)
        session.add("lead", {"name": "Ann Other", "email": "x@example.com"})
        return session.count("lead")

    assert in_child(work) == 1


def test_a_database_that_is_not_there_is_said_before_any_wall_stands(firm: Path) -> None:
    (firm / "crmkit.db").unlink()

    def work() -> str:
        with pytest.raises(Fault) as caught:
            sandbox.confine(firm, strict=True)
        (firm / "free.txt").write_text("x")
        return str(caught.value)

    assert "no database" in in_child(work)
