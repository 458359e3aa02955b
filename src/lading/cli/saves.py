"""Files that were saved, collected while somebody is busy with those before them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import watchfiles

from lading.cli import watched
from lading.settings.app import App

_QUIET_MILLISECONDS = 25
"""A save is over once nothing was written for so long."""
_LONGEST_MILLISECONDS = 1000
_LOOK_MILLISECONDS = 300
_RECENT_SECONDS = 5.0
"""A file that was written longer ago was moved here as it was."""


@dataclass(frozen=True)
class Batch:
    """What was saved since the last one; `since` is when the last of it was written (epoch)."""

    paths: frozenset[Path]
    everything: bool
    """Something may have been written that nobody saw."""
    since: float

    def after(self, earlier: Batch | None) -> Batch:
        """Both, taken up together."""
        if earlier is None:
            return self
        everything = self.everything or earlier.everything
        return Batch(self.paths | earlier.paths, everything, max(self.since, earlier.since))


@dataclass
class Saves:
    """Filled by one thread, emptied by another."""

    _paths: set[Path] = field(default_factory=set)
    _everything: bool = False
    _since: float = 0.0
    _there: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, paths: Iterable[Path], everything: bool = False) -> None:
        """Have them taken up by whoever takes next."""
        paths = set(paths)
        written = max(map(_written, paths), default=time.time())
        with self._lock:
            self._paths |= paths
            self._everything |= everything
            self._since = max(self._since, written)
            self._there.set()

    def any(self) -> bool:
        """Whether there is something to take."""
        return self._there.is_set()

    def take(self, seconds: float) -> Batch | None:
        """All there is; None when nothing comes within that time."""
        if not self._there.wait(seconds):
            return None
        with self._lock:
            self._there.clear()
            batch = Batch(frozenset(self._paths), self._everything, self._since)
            self._paths.clear()
            self._everything, self._since = False, 0.0
        return batch


def listen(app: Callable[[], App], saves: Saves, over: threading.Event) -> None:
    """Put into `saves` what is written to any folder of the app, until `over`.

    Folders are watched one by one, not trees: what an image ignores costs nothing.
    """
    while not over.is_set():
        watching = watched.folders(app())
        _listen(watching, app, saves, over)


def _listen(
    watching: dict[Path, int], app: Callable[[], App], saves: Saves, over: threading.Event
) -> None:
    """Until other folders are to be watched."""
    seen_for = None
    changes = watchfiles.watch(
        *watching,
        watch_filter=lambda _, path: not watched.is_temporary(Path(path)),
        debounce=_LONGEST_MILLISECONDS,
        step=_QUIET_MILLISECONDS,
        stop_event=over,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=False,
        ignore_permission_denied=True,
    )
    for number, batch in enumerate(changes):
        paths = [Path(path) for _, path in batch]
        current = app()
        mine = [one for one in paths if _matters(current, one)]
        # Until the first look nobody saw what was written.
        if mine or number == 0:
            saves.add(mine, everything=number == 0)
        if (paths or seen_for is not current) and watched.folders(current) != watching:
            return
        seen_for = current


def _matters(app: App, path: Path) -> bool:
    return watched.decides_settings(app, path) or bool(watched.services_of(app, path))


def _written(path: Path) -> float:
    now = time.time()
    try:
        written = path.stat().st_mtime
    except OSError:
        return now
    return written if now - _RECENT_SECONDS < written <= now else now
