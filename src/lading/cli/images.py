"""From an app to its locked environments and built images: what several commands begin with."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path

from lading.building import lockfile
from lading.building.build import Built, build
from lading.building.lockfile import Lock
from lading.building.progress import Progress
from lading.building.recipe import Recipe
from lading.cli.names import unknown
from lading.errors import LockError
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout

_MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64", "arm64": "linux/arm64"}


def host_platform() -> str:
    """The platform that containers on this machine have, as OCI names it."""
    return _MACHINES.get(platform.machine(), f"linux/{platform.machine()}")


def lock_path(app: App) -> Path:
    """Where the app's lock lies, or would."""
    return app.folder / "lading.lock"


def ensure_lock(app: App, progress: Progress) -> Lock:
    """The app's lock, made now if there is none. Raises LockError when it is out of date."""
    if not lock_path(app).exists():
        from lading.cli.lock import make

        make(app, (), upgrade=False, progress=progress)
    return fresh_lock(app)


def fresh_lock(app: App) -> Lock:
    """The app's lock. Raises LockError when it is missing, edited or out of date."""
    if not lock_path(app).exists():
        raise LockError("there is no lading.lock", str(app.folder), todo="run `lading lock`")
    lock = lockfile.read(lock_path(app))
    for environment in app.environments:
        locked = lock.environments.get(environment.name, {}).get(host_platform())
        reason = (
            lockfile.is_stale(environment, locked)
            if locked
            else f"{environment.name} is not in it for {host_platform()}"
        )
        if reason:
            raise LockError(
                f"lading.lock is out of date: {reason}", str(app.folder), todo="run `lading lock`"
            )
    return lock


def build_all(recipes: Iterable[Recipe], lock: Lock, progress: Progress) -> dict[str, Built]:
    """The images of the recipes, by name. One after another: later ones reuse earlier layers."""
    folders = Folders.of_user()
    store = Layout(folders.store)
    return {
        recipe.name: build(
            recipe,
            lock.environments[recipe.environment.name][host_platform()],
            store,
            folders.cache,
            progress,
        )
        for recipe in recipes
    }


def chosen(app: App, names: Iterable[str]) -> list[Recipe]:
    """The recipes of the named services and steps; of all services when none is named."""
    if not (wanted := list(names)):
        return [service.recipe for service in app.services]
    by_name = {recipe.name: recipe for recipe in app.recipes}
    for name in wanted:
        if name not in by_name:
            raise unknown("service or step", name, by_name)
    return [by_name[name] for name in wanted]
