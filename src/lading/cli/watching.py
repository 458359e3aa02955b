"""`lading up --watch`: takes up what is saved while the app runs.

One thread hears of saves, one builds and releases. What was saved meanwhile is taken up next, all
of it at once: a revision that is not ready yet is given up for a newer one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from lading.building.lockfile import Lock
from lading.building.progress import Progress
from lading.building.recipe import Recipe
from lading.cli import asking, building, locks, releasing, saves, watched
from lading.cli.progress import Lines
from lading.cli.saves import Batch, Saves
from lading.controller.messages import AppStatus, WantedApp
from lading.controller.place import Place
from lading.errors import ControllerError, LadingError, LockError
from lading.oci import Digest
from lading.settings import read
from lading.settings.app import App

_LONG_SECONDS = 1.0
"""A task of a build that took so long is told of."""
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

    def start(self) -> None:
        """Returns at once; `stop` ends it."""
        self._take_back()
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
                _say(str(error))

    def _take_up(self, batch: Batch) -> None:
        """Build what a batch is part of, and ask for it."""
        self.app = read(self.at.folder)
        progress = Lines(_LONG_SECONDS)
        lock = _lock(self.app, progress)
        for recipe in self._touched(batch):
            if self._newer():
                return
            self._build(recipe, lock, progress)
        wanted = self._asked()
        if wanted != self.good:
            self._release(_Unsettled(wanted, self._named(batch.paths), batch.since))
        elif batch.paths - {locks.lock_path(self.app)}:
            click.echo(f"{self._named(batch.paths)} saved: nothing changes")

    def _touched(self, batch: Batch) -> list[Recipe]:
        mine = {one.name for one in self.app.services if not self.names or one.name in self.names}
        if not (
            batch.everything
            or any(watched.decides_settings(self.app, path) for path in batch.paths)
        ):
            mine &= {name for path in batch.paths for name in watched.services_of(self.app, path)}
        return [one.recipe for one in self.app.services if one.name in mine]

    def _build(self, recipe: Recipe, lock: Lock, progress: Progress) -> None:
        """What is wrong with a service's files keeps none but that service from being built."""
        try:
            made = building.build_all([recipe], lock, progress)[recipe.name]
        except LadingError as error:
            # A file that was written while it was read is read again.
            if not self._newer():
                goes_on = "; what runs of it goes on" if recipe.name in self._images else ""
                _say(f"{recipe.name}: {error}{goes_on}")
        else:
            self._images[recipe.name] = made.image.digest

    def _asked(self) -> WantedApp:
        if not self.names:
            return asking.whole(self.app, self._images)
        mine = {name: self._images[name] for name in self.names if name in self._images}
        return asking.only(self.app, mine, self.good)

    def _release(self, change: _Unsettled) -> None:
        self._unsettled = change
        try:
            status = releasing.update(self.at, change.wanted, self.good, self._newer)
        except ControllerError:
            # The next save starts from what answers, not from what did not get ready.
            self._take_back()
            raise
        if status:
            _tell(change, self.good, status)
            self.good, self._unsettled = change.wanted, None
            new = [x.name for x in self.good.services if x.name not in self.followed]
            self.followed += new

    def _take_back(self) -> None:
        self._images = {one.name: Digest.parse(one.image) for one in self.good.services}
        self._unsettled = None

    def _newer(self) -> bool:
        return self._over.is_set() or self._saves.any()

    def _named(self, paths: Iterable[Path]) -> str:
        """Files, for a person."""
        named = sorted(_shown(one, self.at.folder) for one in paths)
        if not named:
            return "files"
        return named[0] if len(named) == 1 else f"{named[0]} and {len(named) - 1} more"


def _lock(app: App, progress: Progress) -> Lock:
    """The lock, made anew where what it was made from was saved."""
    try:
        return locks.fresh(app)
    except LockError as error:
        click.echo(f"{error.problem}: locking anew")
        locks.make(app, (), upgrade=False, progress=progress)
        return locks.fresh(app)


def _tell(change: _Unsettled, before: WantedApp, status: AppStatus) -> None:
    seconds = time.time() - change.since
    changed = asking.differing(before, change.wanted)
    told = [f"{x.name}: revision {x.revision}" for x in status.services if x.name in changed]
    names = {one.name for one in change.wanted.services}
    told += [f"{one.name}: removed" for one in before.services if one.name not in names]
    listener = change.wanted.listener
    if before.listener != listener:
        told.append(f"gateway: http://{listener.host}:{listener.port}")
    click.echo(f"{change.saved} saved: {', '.join(told)}, answering after {seconds:.1f} s")


def _shown(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _say(text: str) -> None:
    click.echo(f"lading: {text}", err=True)
