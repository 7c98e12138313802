"""What commands work with: the workspace, the Model and the session, each made when needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from crmkit.cli.opening import Start, demand_workspace, find_workspace
from crmkit.core.config import FILE
from crmkit.core.errors import CrmError
from crmkit.core.model import EntityModel, Model
from crmkit.core.serving import served
from crmkit.core.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from crmkit.core.crm import Crm
    from crmkit.core.session import Session


class Shell:
    """One run of the shell; the options before the command say where and as whom."""

    def __init__(self, start: Start) -> None:
        self.start = start

    @cached_property
    def place(self) -> Workspace:
        """The workspace; Usage or NotFound where there is none."""
        return open_workspace(demand_workspace(self.start.workspace))

    @cached_property
    def model(self) -> Model:
        """What is declared, for help and for making commands: the database stays closed."""
        if "crm" in self.__dict__:
            return self.crm.model
        from crmkit.app import sources
        from crmkit.core.host import load

        place = self._place_or_none()
        return load(*sources(place), place.config.sections).model

    def _place_or_none(self) -> Workspace:
        """Return the workspace, or one that holds only the defaults, so that help is there."""
        folder = find_workspace(self.start.workspace)
        try:
            if folder is not None and (folder / FILE).is_file():
                return self.place
        except CrmError:
            pass
        from crmkit.cli.opening import data_folder
        from crmkit.core.config import Config

        return Workspace(data_folder(), Config())

    @cached_property
    def crm(self) -> Crm:
        """The opened workspace; which plugins are off, and why, is told once."""
        from crmkit.app import open_crm
        from crmkit.cli.output import say

        crm = open_crm(self.place)
        for name, reason in crm.off.items():
            from crmkit.customizing import remedy

            say(f"crmkit: plugin {name} is off: {reason} ({remedy(self.place, name)})")
        crm.start()
        return crm

    @cached_property
    def session(self) -> Session:
        """The session of whoever runs the shell, or of the user named by `--as`."""
        from crmkit.app import whoami

        actor = whoami(self.crm, self.place, self.start.as_user)
        return self.crm.session(actor, "ssh" if served() else "cli")

    def unknown(self, sort: str, name: str, known: list[str], entity: str = "") -> str:
        """Return 'no such ...', with whose it is as the database knows it, or what is near."""
        from crmkit.app import open_crm

        try:
            crm = self.__dict__.get("crm") or open_crm(self.place)
        except CrmError:
            return self.model.absent.unknown(sort, name, known, entity)
        try:
            return crm.model.absent.unknown(sort, name, known, entity)
        finally:
            if "crm" not in self.__dict__:
                crm.store.close()

    def demand_owner(self) -> None:
        """Raise Denied unless the workspace is of whoever runs the shell."""
        from crmkit.core.workspace import demand_owner

        demand_owner(self.place, "crmkit")

    def entity(self, name: str) -> EntityModel:
        """Return an entity of the opened workspace's Model (help has a Model of its own)."""
        return self.crm.model.entity(name)

    def close(self) -> None:
        """Let go of the database."""
        if "crm" in self.__dict__:
            self.crm.close()
