"""Services that are images of somebody else's: what must be so before one is started."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import click

from lading.building.lockfile import Lock, LockedEnvironment
from lading.building.progress import Progress
from lading.cli.locks import locked_for
from lading.engines import select
from lading.engines.engine import BRIDGE
from lading.errors import ImageNotFound, SettingsError
from lading.oci.platforms import of_this_machine
from lading.settings.app import App, Service
from lading.state.folders import Folders
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.building.recipe import Recipe

_PYTHON = "3.11"
"""Of the program that joins a port to the gateway, where no other environment is there."""


def settled(app: App, lock: Lock) -> App:
    """The app, its foreign services with the user that each is to run as.

    Raises SettingsError for one that would be root's.
    """
    if not any(one.foreign for one in app.services):
        return app
    return replace(app, services=tuple(_settled(one, lock) for one in app.services))


def _settled(one: Service, lock: Lock) -> Service:
    image = locked_for(one.recipe, lock).image if one.foreign else None
    if one.foreign is None or image is None:
        return one
    user = one.foreign.user or image.user
    if not user:
        raise SettingsError(
            "its image runs as root, which no container here may",
            f"services.{one.name}.image",
            came=image.reference,
            todo='name whom it is to run as: `user: "1000"`, or one that it is made for',
        )
    if one.http and image.ports and one.http.port not in image.ports:
        exposed = ", ".join(map(str, image.ports))
        _told(
            f"services.{one.name}: its image exposes {exposed}, and is asked at port "
            f"{one.http.port}: if it does not go by PORT, set `port`"
        )
    return replace(one, foreign=replace(one.foreign, user=user))


@cache
def _told(hint: str) -> None:
    """Said once by a command, which may look at an app several times."""
    click.echo(f"lading: {hint}", err=True)


def bridge(app: App, names: Collection[str], lock: Lock, engine: str, progress: Progress) -> None:
    """Have an image with Python, where an engine needs one to reach a foreign service's port."""
    foreign = [one for one in app.services if one.foreign and (not names or one.name in names)]
    store = Layout(Folders.of_user().store)
    if not foreign or engine == select.EMBEDDED or _is_there(store):
        return
    # Imported where there is one to be made.
    from lading.building import build
    from lading.building.layers.materials import Materials

    locked = _environment(lock, progress)
    recipe = _recipe(locked)
    with store.shared():
        made = build.make(recipe, Materials(locked, store, Folders.of_user().cache, progress))
        build.write(store, made.image, BRIDGE)


def _is_there(store: Layout) -> bool:
    try:
        store.read(BRIDGE)
    except ImageNotFound:
        return False
    return True


def _environment(lock: Lock, progress: Progress) -> LockedEnvironment:
    """Debian's Python alone: one that the app has anyway, else the newest."""
    here = of_this_machine()
    known = (one[here] for one in lock.environments.values() if here in one)
    found = next((one for one in known if one.base), None) or _newest(here, progress)
    return replace(found, inputs="", packages=(), runtime=(), wheels=())


def _newest(platform: str, progress: Progress) -> LockedEnvironment:
    from lading.building.locking import Places, lock
    from lading.building.recipe import Environment

    asked = Environment(BRIDGE.name, _PYTHON, None)
    at = Places(Folders.of_user().cache)
    return lock([asked], [platform], at, None, False, progress).environments[asked.name][platform]


def _recipe(locked: LockedEnvironment) -> Recipe:
    """Without a file: the engine brings the program."""
    from lading.building.recipe import Environment, Recipe

    source = Folders.of_user().cache / "bridge"
    source.mkdir(parents=True, exist_ok=True)
    environment = Environment(BRIDGE.name, locked.python, None)
    return Recipe("lading", "bridge", environment, source, command=(locked.interpreter,))
