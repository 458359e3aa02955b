"""`lading up --watch`: takes up what is saved while the app runs.

One thread hears of saves, one builds and releases. What was saved meanwhile is taken up next, all
of it at once: a revision that is not ready yet is given up for a newer one.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from lading.building.lockfile import Lock
from lading.building.progress import Progress
from lading.building.recipe import Recipe
from lading.cli import asking, building, foreign, locks, releasing, saves, secret_values, watched
from lading.cli.progress import Lines
from lading.cli.releasing import Released
from lading.cli.saves import Batch, Saves
from lading.controller.messages import WantedApp
from lading.controller.place import Place
from lading.errors import ControllerError, LadingError, LockError, SettingsError
from lading.oci import Digest
from lading.settings import FILE, find, read
from lading.settings.app import App, Service

_LONG_SECONDS = 1.0
"""A task of a build that took so long is told of."""
_SAME_SECONDS = 2.0
"""Within these a fault is that of the same save, of which more was heard."""
_WAIT_SECONDS = 0.5
_LEAVE_SECONDS = 5.0


@dataclass(frozen=True)
class _Unsettled:
    """What was asked for, and not seen to answer yet; `saved` names the files, `since` is when."""

    wanted: WantedApp
    saved: str
    since: float


@dataclass
class Watching:
    """The app at `at` as it was read last, and what of it answers."""

    at: Place
    app: App
    good: WantedApp
    """Wanted, and ready."""
    names: Sequence[str] = ()
    """The services that are looked after; all where none is named."""
    failed: Mapping[str, Digest] = field(default_factory=dict)
    """Images that did not get ready before: tried again once something of theirs is saved."""
    followed: list[str] = field(default_factory=list)
    """Grows by services that are new."""
    failure: BaseException | None = None
    """What ended it that is nobody's mistake."""
    _saves: Saves = field(default_factory=Saves)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _images: dict[str, Digest] = field(default_factory=dict)
    """The newest of each service."""
    _unsettled: _Unsettled | None = None
    _fault: tuple[str, float] = ("", 0.0)
    """What was said last, and when (monotonic)."""
    _left: Batch | None = None
    """Not answering yet: something newer came, or it could not be read what to build."""

    def start(self) -> None:
        """Returns at once; `stop` ends it."""
        self._take(self.good)
        for work in (self._listen, self._work):
            thread = threading.Thread(target=self._guarded, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """What is being built is given up, and nothing more is asked for."""
        self._over.set()
        for thread in self._threads:
            thread.join(_LEAVE_SECONDS)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.failure = error

    def _listen(self) -> None:
        saves.listen(lambda: self.app, self._saves, self._over)

    def _work(self) -> None:
        while not self._over.is_set():
            batch = self._saves.take(_WAIT_SECONDS)
            try:
                if batch:
                    self._take_up(batch)
                elif self._unsettled:
                    # What gave it up for newer files came to nothing itself.
                    self._release(self._unsettled)
            except LadingError as error:
                self._say_fault(str(error))

    def _take_up(self, batch: Batch) -> None:
        """Build what a batch is part of, and ask for it."""
        self._left = batch = batch.after(self._left)
        self.app = _read(self.at.folder)
        progress = Lines(_LONG_SECONDS)
        lock = _lock(self.app, progress)
        self.app = foreign.settled(self.app, lock)
        secrets = {one.name: one.secrets for one in self._mine()}
        secret_values.add(self.at.secrets, secrets, os.environ)
        failed = False
        for recipe in self._touched(batch):
            if self._newer():
                return
            failed |= not self._build(recipe, lock, progress)
        if not batch.paths:
            self._leave_out(self.failed)
        wanted = self._asked()
        if wanted != self.good:
            self._release(_Unsettled(wanted, self._named(batch.paths), batch.since))
            return
        self._left = None
        if batch.paths - {locks.lock_path(self.app)} and not failed:
            click.echo(f"{self._named(batch.paths)} saved: nothing changes")

    def _touched(self, batch: Batch) -> list[Recipe]:
        mine = {one.name for one in self._mine()}
        if not (
            batch.everything
            or any(watched.decides_settings(self.app, path) for path in batch.paths)
        ):
            mine &= {name for path in batch.paths for name in watched.services_of(self.app, path)}
        return [one.recipe for one in self.app.services if one.name in mine]

    def _mine(self) -> list[Service]:
        return [one for one in self.app.services if not self.names or one.name in self.names]

    def _build(self, recipe: Recipe, lock: Lock, progress: Progress) -> bool:
        """What is wrong with a service's files keeps none but that service from being built."""
        try:
            made = building.build_all(self.app, [recipe], lock, progress)[recipe.name]
        except LadingError as error:
            # A file that was written while it was read is read again.
            if not self._newer():
                goes_on = "; what runs of it goes on" if recipe.name in self._images else ""
                self._say_fault(f"{recipe.name}: {error}{goes_on}")
            return False
        self._images[recipe.name] = made.digest
        return True

    def _say_fault(self, said: str) -> None:
        """Once for a save, of whose files we may hear one after the other."""
        before, when = self._fault
        self._fault = said, time.monotonic()
        if said != before or time.monotonic() - when > _SAME_SECONDS:
            _say(said)

    def _leave_out(self, failed: Mapping[str, Digest]) -> None:
        self._images = {x: y for x, y in self._images.items() if failed.get(x) != y}

    def _asked(self) -> WantedApp:
        if not self.names:
            return asking.whole(self.app, self._images)
        mine = {name: self._images[name] for name in self.names if name in self._images}
        return asking.only(self.app, mine, self.good)

    def _release(self, change: _Unsettled) -> None:
        self._unsettled = change
        try:
            done = releasing.update(self.at, change.wanted, self.good, self._newer, _say)
        except ControllerError:
            self._take(self.good)
            raise
        if done:
            if done.wanted != self.good:
                _tell(change, self.good, done)
            self._take(done.wanted)

    def _take(self, good: WantedApp) -> None:
        """The next save starts from what answers, not from what did not get ready."""
        self.good, self._unsettled, self._left = good, None, None
        self._images = {one.name: Digest.parse(one.image) for one in good.services}
        self.followed += [one.name for one in good.services if one.name not in self.followed]

    def _newer(self) -> bool:
        return self._over.is_set() or self._saves.any()

    def _named(self, paths: Iterable[Path]) -> str:
        """Files, for a person."""
        # The lock is also written by us, after what it is made from.
        paths = set(paths)
        # Nor is it a file of an editor's own, which is gone by now.
        there = {path for path in paths if path.exists()} or paths
        telling = there - {locks.lock_path(self.app)} or there
        named = sorted(_shown(one, self.at.folder) for one in telling)
        if not named:
            return "files"
        return named[0] if len(named) == 1 else f"{named[0]} and {len(named) - 1} more"


def _read(folder: Path) -> App:
    """The app of this folder: one above it is another, also while this one has no settings."""
    if find(folder) != folder:
        raise SettingsError(f"no {FILE} any more", str(folder), todo="what runs goes on without it")
    return read(folder)


def _lock(app: App, progress: Progress) -> Lock:
    """The lock, made anew where what it was made from was saved."""
    try:
        return locks.fresh(app)
    except LockError as error:
        click.echo(f"{error.problem}: locking anew")
        locks.make(app, (), upgrade=False, progress=progress)
        return locks.fresh(app)


def _tell(change: _Unsettled, before: WantedApp, done: Released) -> None:
    seconds = time.time() - change.since
    changed = asking.differing(before, done.wanted)
    told = [f"{x.name}: revision {x.revision}" for x in done.status.services if x.name in changed]
    names = {one.name for one in done.wanted.services}
    told += [f"{one.name}: removed" for one in before.services if one.name not in names]
    listener = done.wanted.listener
    if before.listener != listener:
        told.append(f"gateway: http://{listener.host}:{listener.port}")
    click.echo(f"{change.saved} saved: {', '.join(told)}, answering after {seconds:.1f} s")


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _say(said: object) -> None:
    click.echo(f"lading: {said}", err=True)
