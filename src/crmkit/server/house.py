"""The house: one warm parent that has all in memory, and forks a child for each session."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from crmkit.core.errors import SentAway
from crmkit.server import ending, log, wire
from crmkit.server.peers import Peer, peer
from crmkit.server.renewing import Renewal, kept_sessions
from crmkit.server.request import Request, TooLong, read_message, read_request
from crmkit.server.session import Work, serve_answer, serve_session

LOOK = 2.0
"""Seconds between looks whether the program or its configuration was changed."""
_PATIENCE = 5.0
"""Seconds that somebody who connects has to say what he wants."""
_WAITING = 64
"""How many may be about to say what they want."""
_QUESTIONS = 16
"""How many questions may be answered at a time."""
_ASKED = 4096
"""The most bytes of a question inside a session."""
_FILES = 3
"""Standard input, output and error output."""
_ENDING = ("who", "kick")
"""What is done to end a session."""
_SIGNALS = (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


@frozen
class Rules:
    """Who may come in, and how many."""

    uids: frozenset[int]
    """The accounts that are believed when they say for whom they come."""
    sessions: int = 200
    sessions_per_user: int = 10


@define
class _Guest:
    """Somebody who has connected, and has not said yet what he wants."""

    line: socket.socket
    peer: Peer
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
    """A child: a session, or (with no user) one that answers a question."""

    user: str
    line: socket.socket | None = None
    """Where a session asks for what it cannot do itself."""
    since: float = field(factory=time.monotonic)
    answering: int = 0
    """The child that answers what it asked last."""


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
        self.sessions = {pid: _Session(*kept) for pid, kept in kept_sessions().items()}
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
        for pid, session in self.sessions.items():
            self._attend(pid, session)
        log.record(log.STARTED)
        notify("READY=1")
        while not self._ending:
            for key, _ in self._selector.select(LOOK):
                if key.data == "signals":
                    self._signalled(heard.recv(64))
                elif key.data == "door":
                    self._let_in()
                elif isinstance(key.data, int):
                    self._hear(key.data)
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
            told = {pid: (s.user, s.line, s.since) for pid, s in self.sessions.items()}
            self.renewal.take_over(self.listener, told)

    def _bury(self) -> None:
        """Take note of the children that have ended."""
        for pid in list(self.sessions):
            with contextlib.suppress(ChildProcessError):
                found, status = os.waitpid(pid, os.WNOHANG)
                if not found:
                    continue
                if self.sessions[pid].user:
                    self._tell_end(pid, os.waitstatus_to_exitcode(status))
            self._forget(self.sessions.pop(pid))

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
        if not self._turned_away(line, who := peer(line)):
            line.setblocking(False)
            guest = self._guests[line.fileno()] = _Guest(line, who)
            self._selector.register(line, selectors.EVENT_READ, guest)
            return
        line.close()

    def _turned_away(self, line: socket.socket, who: Peer) -> bool:
        # A session has the service's own account, and must not come again as somebody else.
        if who.uid not in self.rules.uids or who.pid in self.sessions:
            log.record(log.REFUSED, uid=who.uid, why="account")
            self._refuse(line, wire.NOT_YOU, "this account may not open sessions here")
        elif who.walled:
            log.record(log.REFUSED, uid=who.uid, why="no new privileges")
            self._refuse(line, wire.NOT_YOU, "a program that is walled in, as sessions are, "
                         "may not open sessions here")  # fmt: skip
        elif len(self._guests) >= _WAITING:
            self._refuse(line, wire.TRY_LATER, "too many are coming in at once: try again")
        else:
            return False
        return True

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
        if len(guest.heard) > wire.LIMIT:
            self._too_long(guest, "")
            self._see_off(guest)
        elif not data or len(guest.files) > _FILES:
            self._see_off(guest)
        elif guest.heard.endswith(b"\n"):
            self._open(guest)

    def _open(self, guest: _Guest) -> None:
        try:
            message = read_message(guest.heard)
            if message.get("ask") == ending.END:
                self._end(guest, message)
            elif "ask" in message:
                self._answer(guest.line, lambda: self.work.answer(message))
            else:
                self._open_session(guest, read_request(message))
        except TooLong:
            self._too_long(guest, str(message["as"]))
        except ValueError as error:
            self._refuse(guest.line, 2, f"what came over the socket cannot be used: {error}")
        except OSError as error:
            log.record(log.FAILED, why=str(error))
            self._refuse(guest.line, wire.TRY_LATER, "the server is out of room: try again later")
        self._see_off(guest)

    def _too_long(self, guest: _Guest, user: str) -> None:
        log.record(log.REFUSED, uid=guest.peer.uid, user=user or None, why="command too long")
        self._refuse(guest.line, 2, str(TooLong()))

    def _answer(
        self, line: socket.socket, answer: Callable[[], Mapping[str, Any]], keep: Sequence[int] = ()
    ) -> int:
        """Have a child answer a question; return its number, 0 where there can be none."""
        if sum(not session.user for session in self.sessions.values()) >= _QUESTIONS:
            self._refuse(line, wire.TRY_LATER, "too many are asking at once: try again")
            return 0
        return self._fork(lambda: serve_answer(line, answer, keep), _Session(""))

    def _open_session(self, guest: _Guest, request: Request) -> None:
        if len(guest.files) != _FILES:
            raise ValueError("there is no terminal with it")
        verb = log.verb(request.command)
        if full := self._full(request.user, verb):
            log.record(log.REFUSED, user=request.user, origin=request.origin, why="full")
            self._refuse(guest.line, wire.TRY_LATER, full)
            return
        line, files = guest.line, guest.files
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        session = _Session(request.user, ours)
        with theirs:
            pid = self._fork(
                lambda: serve_session(self.work, line, request, files, theirs), session
            )
        self._attend(pid, session)
        log.record(log.LOGIN, pid=pid, user=request.user, origin=request.origin, verb=verb)

    def _full(self, user: str, verb: str) -> str:
        """Return why there can be no further session; '' where there can.

        Whoever has no place left can still end what he has open: one more is for that.
        """
        open_now = Counter(session.user for session in self.sessions.values() if session.user)
        if open_now.total() >= self.rules.sessions:
            return f"all {self.rules.sessions} sessions are taken: try again later"
        most = self.rules.sessions_per_user
        if open_now[user] >= most + (verb in _ENDING):
            return (
                f"{user} has {most} sessions open already, and may have no more: end one first, "
                f"or all of them with the command: kick {user}"
            )
        return ""

    def _fork(self, child: Callable[[], None], session: _Session) -> int:
        # What a child is sent before it has forgotten its parent would come to the parent.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    child()
                finally:
                    os._exit(70)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.sessions[pid] = session
        return pid

    # What is asked for inside a session ---------------------------------------------------------

    def _attend(self, pid: int, session: _Session) -> None:
        if session.line is not None:
            self._selector.register(session.line, selectors.EVENT_READ, pid)

    def _forget(self, session: _Session) -> None:
        if session.line is not None:
            self._selector.unregister(session.line)
            session.line.close()
            session.line = None

    def _hear(self, pid: int) -> None:
        """Hear what a session asks, which sends it at once and whole; else it is heard no more."""
        session = self.sessions[pid]
        assert session.line is not None
        try:
            message = read_message(session.line.recv(_ASKED, socket.MSG_DONTWAIT))
        except (OSError, ValueError):
            self._forget(session)
            return
        if message.get("ask") != ending.END or session.answering in self.sessions:
            self._refuse(session.line, wire.TRY_LATER, "the server does not hear this now")
        else:
            session.answering = self._end(session, message, pid)

    def _end(self, asking: _Guest | _Session, question: Mapping[str, Any], pid: int = 0) -> int:
        """End sessions, for one of them or for somebody at the socket who owns the data."""
        assert asking.line is not None
        if isinstance(asking, _Guest) and not asking.peer.is_ours:
            self._refuse(asking.line, wire.NOT_YOU, "this account may not end sessions here")
            return 0
        user = asking.user if isinstance(asking, _Session) else ""
        users = {number: session.user for number, session in self.sessions.items()}
        targets = ending.chosen(question.get("who"), users, pid)
        handles = [target.handle for target in targets]
        folder = self.work.workspace
        try:
            return self._answer(
                asking.line, lambda: ending.end(folder, question, user, targets), handles
            )
        finally:
            for handle in handles:
                os.close(handle)

    def _refuse(self, line: socket.socket, code: int, say: str) -> None:
        with contextlib.suppress(OSError):
            line.setblocking(False)
            line.send(wire.packed({"exit": code, "say": say}))

    def _see_off(self, guest: _Guest) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(guest.line)
        self._guests.pop(guest.line.fileno(), None)
        guest.leave()


def notify(state: str) -> None:
    """Tell systemd, where it asks to be told."""
    where = os.environ.get("NOTIFY_SOCKET", "")
    if where:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect("\0" + where[1:] if where.startswith("@") else where)
            s.send(state.encode())


def _noted(number: int, frame: object) -> None:
    """The signal's number comes over the wake-up socket."""
