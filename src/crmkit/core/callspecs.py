"""The hooks that are called as the program runs, and yield nothing."""

from __future__ import annotations

import pluggy

from crmkit.core.hooked import Origin
from crmkit.core.showing import Notification, Told

hookspec = pluggy.HookspecMarker("crmkit")


@hookspec
def crm_started(told: Told) -> None:
    """Is called once when somebody begins to work with the data: in the terminal, in the shell.

    What goes wrong in it is logged, and stops nothing.

    Example::

        @hookimpl
        def crm_started(told):
            print(told.count("lead", "is:open"), "leads are open")
    """
    raise AssertionError


@hookspec
def crm_stopping(told: Told) -> None:
    """Is called once when he is about to end, while the data can still be read.

    It is not called where the program is killed. What goes wrong in it is logged.

    Example::

        @hookimpl
        def crm_stopping(told):
            print("until", told.now)
    """
    raise AssertionError


@hookspec
def crm_notify(notice: Notification, told: Told) -> None:
    """Is called behind the commit for every notice, and for what a job found: to send it on.

    What goes wrong in it is logged, and stops nothing; after three failures in a row it is left
    alone until the program is started again.

    Example::

        @hookimpl
        def crm_notify(notice):
            if notice.to:
                print(f"mail to {notice.to}: {notice.text}")
    """
    raise AssertionError


@hookspec
def crm_authenticate(origin: Origin) -> str | None:
    """Say who somebody at this machine is: the name of a user, or None to leave it to others.

    The first name counts; a firm's plugins are asked before the built-in one, which says the
    operating system's name for him. Where one fails, nobody gets in. It is not asked where a user
    is named already: by the house for who comes in over SSH, or by `--as`.

    Example::

        @hookimpl
        def crm_authenticate(origin):
            return {"aothersmith": "ann"}.get(origin.login)
    """
    raise AssertionError
