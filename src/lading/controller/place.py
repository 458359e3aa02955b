"""Where the controller of an app keeps its files, and what the app is called in the engine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lading.engines import select
from lading.engines.engine import Engine
from lading.gateway.requests.log import RequestLog
from lading.state.address import Address, Kept, recalled
from lading.state.folders import Folders

ENGINE, ENGINE_BEFORE, STATE = "engine.json", "engine-before.json", "database.json"
"""Files with what an app runs on, ran on when it went down, and was last started with, among what
belongs to it."""


@dataclass(frozen=True)
class Place:
    """Where the controller of the app in `folder` keeps its files."""

    folder: Path
    folders: Folders

    @property
    def app(self) -> str:
        """The app in the engine: by its folder, so that it may be renamed while it is up."""
        return f"app-{self.folders.app(self.folder).name}"

    @property
    def socket(self) -> Path:
        return self.folders.app_run(self.folder) / "controller.sock"

    @property
    def lock(self) -> Path:
        return self.folders.app_run(self.folder) / "controller.lock"

    @property
    def gateway(self) -> Path:
        return self.folders.app_run(self.folder) / "gateway"

    @property
    def secrets(self) -> Path:
        """What containers are given of secrets; gone when the app is down, and after a reboot."""
        return self.folders.app_run(self.folder) / "secrets"

    @property
    def engine_file(self) -> Path:
        """Which engine the app was last started on."""
        return self.folders.app(self.folder) / ENGINE

    @property
    def engine_before_file(self) -> Path:
        """Which engine the app was on when it went down."""
        return self.folders.app(self.folder) / ENGINE_BEFORE

    @property
    def engine(self) -> Engine:
        """What runs the app's containers, whatever lading.yaml says by now."""
        return select.opened(select.recalled(self.engine_file), self.folders)

    @property
    def state_file(self) -> Path:
        """Which database the app was last started with."""
        return self.folders.app(self.folder) / STATE

    @property
    def state(self) -> Address:
        """The database the app was last started with, whatever lading.yaml says by now."""
        return self.state_at(recalled(self.state_file) or Kept())

    def state_at(self, kept: Kept) -> Address:
        """The app in a database of choice; a file of its own where none was chosen."""
        return kept.address(self.folders.app(self.folder), self.folders.data, os.environ)

    @property
    def copy_file(self) -> Path:
        """What is wanted, where the database is on a server."""
        return self.folders.app(self.folder) / "wanted.json"

    @property
    def history(self) -> Path:
        return self.folders.app(self.folder) / "logs"

    @property
    def requests(self) -> RequestLog:
        """What the gateway writes of each request; kept when the app is down."""
        return RequestLog(self.folders.app(self.folder) / "requests")

    @property
    def log(self) -> Path:
        return self.folders.app(self.folder) / "controller.log"
