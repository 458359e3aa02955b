"""Registries as an app knows them, and what it needs of them before it can be built."""

from __future__ import annotations

import os
from collections.abc import Iterable

from lading.building.lockfile import LockedEnvironment
from lading.building.progress import Progress
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout
from lading.stores.registry import Registries


def opened(app: App, progress: Progress) -> Registries:
    """All registries, with what lading.yaml says of them."""
    return Registries(app.registries, os.environ, progress)


def bring(app: App, locked: Iterable[LockedEnvironment], progress: Progress) -> None:
    """Pull, by digest, the images that environments stand on, where the store lacks them.

    Raises RegistryError.
    """
    wanted = [one for one in locked if one.image]
    if not wanted:
        return
    # Imported where there is something to bring: 10 ms.
    from lading.building.bases import supply

    with opened(app, progress) as registries:
        supply.ensure(wanted, Layout(Folders.of_user().store), registries, progress)
