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
    return app, Place(app.folder, Folders.of_user())
