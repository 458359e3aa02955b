"""Where the controller of an app keeps its files, and what the app is called in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lading.state.folders import Folders


@dataclass(frozen=True)
class Place:
    """Where the controller of the app called `name` in `folder` keeps its files."""

    name: str
    folder: Path
    folders: Folders

    @property
    def unique_name(self) -> str:
        """The app's name in the engine, distinct from the same name in another folder."""
        return f"{self.name}-{self.folders.app(self.folder).name[:6]}"

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
    def database(self) -> Path:
        return self.folders.app(self.folder) / "state.db"

    @property
    def history(self) -> Path:
        return self.folders.app(self.folder) / "logs"

    @property
    def log(self) -> Path:
        return self.folders.app(self.folder) / "controller.log"
