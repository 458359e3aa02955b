"""Where the controller of an app keeps its files, and what the app is called in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lading.engines import select
from lading.engines.engine import Engine
from lading.gateway.requests.log import RequestLog
from lading.state.folders import Folders


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
    def engine_file(self) -> Path:
        """Which engine the app was last started on."""
        return self.folders.app(self.folder) / "engine.json"

    @property
    def engine(self) -> Engine:
        """What runs the app's containers, whatever lading.yaml says by now."""
        return select.opened(select.recalled(self.engine_file), self.folders)

    @property
    def database(self) -> Path:
        return self.folders.app(self.folder) / "state.db"

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
