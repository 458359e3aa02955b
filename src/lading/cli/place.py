"""Where the controller of the app in this folder is to be found."""

from __future__ import annotations

from pathlib import Path

from lading.controller.place import Place
from lading.settings import read
from lading.settings.app import App
from lading.state.folders import Folders


def here() -> tuple[App, Place]:
    """The app of the working directory. Raises SettingsError when there is none."""
    app = read(Path.cwd())
    return app, Place(app.name, app.folder, Folders.of_user())


def longest_stop_seconds(app: App) -> float:
    """How long stopping may take: replicas finish what they have first."""
    return 60.0 + max((service.timeout_seconds for service in app.services), default=0.0)
