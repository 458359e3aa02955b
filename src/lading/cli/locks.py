"""The lock of an app: made, read, found to be out of date. What several commands begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import click

from lading.building import lockfile
from lading.building.lockfile import Lock, LockedEnvironment
from lading.building.progress import Progress
from lading.building.recipe import Environment, Recipe
from lading.cli import registries
from lading.errors import LockError, MergeConflict
from lading.oci.platforms import of_this_machine
from lading.settings.app import App
from lading.state.folders import Folders
from lading.stores.layout import Layout


def lock_path(app: App) -> Path:
    """Where the app's lock lies, or would."""
    return app.folder / "lading.lock"


def locked_for(recipe: Recipe, lock: Lock) -> LockedEnvironment:
    """What the recipe's environment resolved to for this machine. The lock must be fresh."""
    return lock.environments[recipe.environment.name][of_this_machine()]


def fresh(app: App, platforms: Iterable[str] = ()) -> Lock:
    """The app's lock, for this machine and for `platforms`.

    Raises LockError when it is missing, edited or out of date.
    """
    every = {of_this_machine(): None, **dict.fromkeys(platforms)}
    return _fresh(app, app.environments, every)


def _fresh(app: App, environments: Collection[Environment], platforms: Iterable[str]) -> Lock:
    if not lock_path(app).exists():
        raise LockError("there is no lading.lock", str(app.folder), todo="run `lading lock`")
    lock = lockfile.read(lock_path(app))
    for platform in platforms:
        for environment in environments:
            locked = lock.environments.get(environment.name, {}).get(platform)
            if environment.name not in lock.environments:
                raise _outdated(app, environment, "it is not in it")
            if locked is None:
                raise _outdated(app, environment, f"it is not locked for {platform}", platform)
            if reason := lockfile.is_stale(environment, locked):
                raise _outdated(app, environment, reason)
    return lock


def of_foreign(app: App) -> Lock | None:
    """The app's lock, of which only what others' images are pinned to has to be fresh; None where
    the app has none of them. Raises LockError."""
    foreign = {one.environment.name: one.environment for one in app.recipes if one.is_foreign}
    return _fresh(app, foreign.values(), [of_this_machine()]) if foreign else None


def _outdated(app: App, environment: Environment, reason: str, platform: str = "") -> LockError:
    known = platform in ("", of_this_machine(), *app.platforms)
    command = "lading lock" if known else f"lading lock --platform {platform}"
    problem = f"lading.lock is out of date for {environment.name}: {reason}"
    return LockError(problem, str(app.folder), todo=f"run `{command}`")


def ensured(app: App, progress: Progress) -> Lock:
    """The app's lock, made now if there is none. Raises LockError when it is out of date."""
    if not lock_path(app).exists():
        make(app, (), upgrade=False, progress=progress)
    return fresh(app)


def make(app: App, platforms: Sequence[str], upgrade: bool, progress: Progress) -> bool:
    """Write the app's lock for `platforms`, the app's own, this machine's, and those locked before.

    Whether it differs from before. Raises SettingsError for a handler that cannot be served: there
    is no need to resolve anything to tell.
    """
    # Resolving costs a command that only reads a lock too much to import.
    from lading.building import handler
    from lading.building.locking import Places, lock
    from lading.cli import workshops

    handler.check_all(app.recipes)
    path = lock_path(app)
    previous = _previous(path)
    before = previous.environments.values() if previous else ()
    known = {of_this_machine(), *app.platforms, *(name for one in before for name in one)}
    every = sorted({*known, *platforms})
    folders = Folders.of_user()
    with registries.opened(app, progress) as images:
        at = Places(folders.cache, (Layout(folders.store), images), workshops.bench(app, progress))
        made = lock(app.environments, every, at, previous, upgrade, progress)
    if made == previous:
        return False
    lockfile.write(path, made)
    return True


def _previous(path: Path) -> Lock | None:
    """What is locked now; None where there is nothing, or nothing that can be relied on.

    Raises MergeConflict: with either side, what is locked stays.
    """
    try:
        return lockfile.read(path) if path.exists() else None
    except MergeConflict:
        raise
    except LockError as error:
        click.echo(f"lading: {error.problem or error}; locking anew", err=True)
        return None
