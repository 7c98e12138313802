"""The house: one warm parent that has all in memory, and forks a child for each session."""

from __future__ import annotations

import contextlib
import os
import pwd
import selectors
import signal
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from crmkit.core.errors import Fault, SentAway
from crmkit.server import log, wire
from crmkit.server.renewing import Renewal, kept_sessions
from crmkit.server.request import Request, read_message, read_request
from crmkit.server.session import Work, serve_answer, serve_session

LOOK = 2.0
"""Seconds between looks whether the program or its configuration was changed."""
_PATIENCE = 5.0
"""Seconds that somebody who connects has to say what he wants."""
_WAITING = 64
"""How many may be about to say what they want."""
_QUESTIONS = 16
"""How many questions may be answered at a time."""
_FILES = 3
"""Standard input, output and error output."""
_SIGNALS = (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


@frozen
class Rules:
    """Who may come in, and how many."""

    uids: frozenset[int]
    """The accounts that are believed when they say for whom they come."""
    sessions: int = 200
    sessions_per_user: int = 10


def believed(door: str = "") -> frozenset[int]:
    """Return the uids of this account, of root and of the door's account; Fault for no such."""
    found = {0, os.geteuid()}
    if door:
        try:
            found.add(pwd.getpwnam(door).pw_uid)
        except KeyError:
            raise Fault(f"[server] door: there is no account {door} on this machine") from None
    return frozenset(found)


@define
class _Guest:
    """Somebody who has connected, and has not said yet what he wants."""

    line: socket.socket
    since: float = field(factory=time.monotonic)
    heard: bytes = b""
    files: list[int] = field(factory=list)

    def leave(self) -> None:
        for file in self.files:
            os.close(file)
        self.files.clear()
        self.line.close()


@define
class _Session:
    user: str
    since: float


class House:
    """Waits at a socket, and gives each who comes a child of its own.

    The parent never opens the database and never has a second thread: what a child is forked from
    must hold nothing that two processes cannot share.
    """

    def __init__(
        self,
        listener: socket.socket,
        work: Work,
        rules: Rules,
        renewal: Renewal,
    ) -> None:
        self.listener = listener
        self.work = work
        self.rules = rules
        self.renewal = renewal
        self.sessions = {
            pid: _Session(user, time.monotonic()) for pid, user in kept_sessions().items()
        }
        self._guests: dict[int, _Guest] = {}
        self._ending = False
        self._selector = selectors.DefaultSelector()

    def serve(self) -> int:
        """Serve until the parent is told to end; its sessions go on. Return the exit code."""
        heard, wake = socket.socketpair()
        for end in (heard, wake, self.listener):
            end.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, _noted)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        self._selector.register(heard, selectors.EVENT_READ, "signals")
        self._selector.register(self.listener, selectors.EVENT_READ, "door")
        log.record(log.STARTED)
        notify("READY=1")
        while not self._ending:
            for key, _ in self._selector.select(LOOK):
                if key.data == "signals":
                    self._signalled(heard.recv(64))
                elif key.data == "door":
                    self._let_in()
                else:
                    self._listen(key.data)
            self._look_round()
        notify("STOPPING=1")
        log.record(log.STOPPED)
        return 0

    def _signalled(self, numbers: bytes) -> None:
        self._ending |= bool({signal.SIGTERM, signal.SIGINT} & set(numbers))
        if signal.SIGHUP in numbers:
            self.renewal.begin()

    def _look_round(self) -> None:
        self._bury()
        now = time.monotonic()
        for guest in [g for g in self._guests.values() if now - g.since > _PATIENCE]:
            self._see_off(guest)
        if self.renewal.due() and not self._guests:
            users = {pid: session.user for pid, session in self.sessions.items()}
            self.renewal.take_over(self.listener, users)

    def _bury(self) -> None:
        """Take note of the children that have ended."""
        for pid in list(self.sessions):
            with contextlib.suppress(ChildProcessError):
                found, status = os.waitpid(pid, os.WNOHANG)
                if not found:
                    continue
                if self.sessions[pid].user:
                    self._tell_end(pid, os.waitstatus_to_exitcode(status))
            del self.sessions[pid]

    def _tell_end(self, pid: int, code: int) -> None:
        session = self.sessions[pid]
        seconds = round(time.monotonic() - session.since, 1)
        why = "kicked" if code == SentAway.exit_code else None
        log.record(log.ENDED, pid=pid, user=session.user, seconds=seconds, code=code, why=why)

    # Those who come ------------------------------------------------------------------------------

    def _let_in(self) -> None:
        try:
            line, _ = self.listener.accept()
        except OSError:
            return
        pid, uid = peer(line)
        # A session has the service's own account, and must not come again as somebody else.
        if uid not in self.rules.uids or pid in self.sessions:
            log.record(log.REFUSED, uid=uid, why="account")
            self._refuse(line, 77, "this account may not open sessions here")
        elif len(self._guests) >= _WAITING:
            self._refuse(line, wire.TRY_LATER, "too many are coming in at once: try again")
        else:
            line.setblocking(False)
            guest = self._guests[line.fileno()] = _Guest(line)
            self._selector.register(line, selectors.EVENT_READ, guest)

    def _listen(self, guest: _Guest) -> None:
        try:
            data, files, _, _ = socket.recv_fds(
                guest.line, wire.LIMIT, _FILES, socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return
        except OSError:
            data, files = b"", []
        guest.heard += data
        guest.files += files
        if not data or len(guest.heard) > wire.LIMIT or len(guest.files) > _FILES:
            self._see_off(guest)
        elif guest.heard.endswith(b"\n"):
            self._open(guest)

    def _open(self, guest: _Guest) -> None:
        try:
            message = read_message(guest.heard)
            if "ask" in message:
                self._answer(guest.line, message)
            else:
                self._open_session(guest, read_request(message))
        except ValueError as error:
            self._refuse(guest.line, 2, f"what came over the socket cannot be used: {error}")
        except OSError as error:
            log.record(log.FAILED, why=str(error))
            self._refuse(guest.line, wire.TRY_LATER, "the server is out of room: try again later")
        self._see_off(guest)

    def _answer(self, line: socket.socket, question: Mapping[str, Any]) -> None:
        if sum(not session.user for session in self.sessions.values()) >= _QUESTIONS:
            self._refuse(line, wire.TRY_LATER, "too many are asking at once: try again")
        else:
            self._fork(lambda: serve_answer(self.work, line, question), "")

    def _open_session(self, guest: _Guest, request: Request) -> None:
        if len(guest.files) != _FILES:
            raise ValueError("there is no terminal with it")
        if full := self._full(request.user):
            log.record(log.REFUSED, user=request.user, origin=request.origin, why="full")
            self._refuse(guest.line, wire.TRY_LATER, full)
            return
        line, files = guest.line, guest.files
        pid = self._fork(lambda: serve_session(self.work, line, request, files), request.user)
        verb = request.command or log.TUI
        log.record(log.LOGIN, pid=pid, user=request.user, origin=request.origin, verb=verb)

    def _full(self, user: str) -> str:
        """Return why there can be no further session; '' where there can."""
        open_now = Counter(session.user for session in self.sessions.values() if session.user)
        if open_now.total() >= self.rules.sessions:
            return f"all {self.rules.sessions} sessions are taken: try again later"
        most = self.rules.sessions_per_user
        if open_now[user] >= most:
            return f"{user} has {most} sessions open already, and may have no more: end one first"
        return ""

    def _fork(self, child: Callable[[], None], user: str) -> int:
        pid = os.fork()
        if pid == 0:
            try:
                child()
            finally:
                os._exit(70)
        self.sessions[pid] = _Session(user, time.monotonic())
        return pid

    def _refuse(self, line: socket.socket, code: int, say: str) -> None:
        with contextlib.suppress(OSError):
            line.setblocking(False)
            line.send(wire.packed({"exit": code, "say": say}))
        if line.fileno() not in self._guests:
            line.close()

    def _see_off(self, guest: _Guest) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(guest.line)
        self._guests.pop(guest.line.fileno(), None)
        guest.leave()


def peer(line: socket.socket) -> tuple[int, int]:
    """Return the pid and uid of whoever is at the other end; the kernel says so, not he."""
    size = struct.calcsize("3i")
    found = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, _ = struct.unpack("3i", found)
    return pid, uid


def notify(state: str) -> None:
    """Tell systemd, where it asks to be told."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if where:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect("\0" + where[1:] if where.startswith("@") else where)
            s.send(state.encode())


def _noted(number: int, frame: object) -> None:
    """The signal's number comes over the wake-up socket."""
