"""Where the controller of the app in this folder is to be found."""

from __future__ import annotations

from pathlib import Path

from lading.controller.place import Place
from lading.errors import SettingsError
from lading.settings import find, read
from lading.settings.app import App
from lading.state.folders import Folders


def found() -> Place:
    """The place alone, whatever lading.yaml says.

    A mistake in it keeps nobody from seeing or stopping what runs, nor does its being gone from a
    folder whose app was up. Raises SettingsError when there is no lading.yaml otherwise.
    """
    folders = Folders.of_user()
    try:
        return Place(find(Path.cwd()), folders)
    except SettingsError:
        if folders.app(Path.cwd()).is_dir():
            return Place(Path.cwd(), folders)
        raise


def name(at: Place) -> str:
    """What to call the app: its folder's name where lading.yaml cannot be read."""
    try:
        return read(at.folder).name
    except SettingsError:
        return at.folder.name


def here(*, sources: bool = True) -> tuple[App, Place]:
    """The app of the working directory, read as `settings.read` does. Raises SettingsError."""
    app = read(Path.cwd(), sources=sources)
    return app, Place(app.folder, Folders.of_user())
