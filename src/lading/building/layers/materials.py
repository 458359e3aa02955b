"""What the layers of one image are made with: the lock, the store, the cache, the base."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lading.building.bases import supply
from lading.building.layers import compiler
from lading.building.layers.entry import Entry
from lading.building.lockfile import Deb, LockedEnvironment
from lading.building.progress import Progress, Stoppable
from lading.errors import BuildError
from lading.stores.layout import Layout

if TYPE_CHECKING:
    from lading.building.bases.unpacked import Unpacked
    from lading.building.layers.interpreter import Interpreter


@dataclass
class Materials:
    """Shared by the threads that make layers. The base is fetched and unpacked at most once."""

    locked: LockedEnvironment
    store: Layout
    cache: Path
    hearer: Progress
    here: LockedEnvironment | None = None
    """The same environment for this machine, where `locked` is for another."""
    remembers: bool = True
    """Whether what is learned of files is kept for the next build: a forecast writes nothing."""
    progress: Stoppable = field(init=False)
    """Tells `hearer`, and ends who makes layers once one of them failed."""
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.progress = Stoppable(self.hearer)

    @cached_property
    def interpreter(self) -> Interpreter:
        """What compiles for the image. Raises BuildError where there is nothing that could."""
        # Imported where something is compiled: it starts processes.
        from lading.building.layers.interpreter import Interpreter

        chosen = compiler.chosen(self.locked, self.here)
        if chosen is not self.locked:
            return Materials(chosen, self.store, self.cache, self.progress).interpreter
        return Interpreter(
            self.locked,
            self.cache,
            self.base_entries,
            lambda: self.unpacked,
            self.progress.go_on,
        )

    def base_entries(self) -> list[Entry]:
        """Raises ArchiveError."""
        with self._lock:
            return self._base_entries

    def base_debs(self) -> dict[Deb, Path]:
        """Raises ArchiveError."""
        with self._lock:
            return self._base_debs

    @property
    def unpacked(self) -> Unpacked:
        """What is known of the image that all stands on. Raises BuildError, StoreError."""
        with self._lock:
            return self._unpacked

    @cached_property
    def _unpacked(self) -> Unpacked:
        # Imported where an image is looked into: the reader of tars takes 8 ms.
        from lading.building.bases import unpacked

        if self.locked.image is None:
            raise BuildError("stands on no image", self.locked.python)
        return unpacked.of(supply.required(self.locked.image, self.store), self.cache)

    @cached_property
    def _base_debs(self) -> dict[Deb, Path]:
        from lading.building.debian import fetch

        return fetch.fetch(self.locked.base, self.cache, self.progress)

    @cached_property
    def _base_entries(self) -> list[Entry]:
        from lading.building.debian import rootfs

        return rootfs.base_entries(self._base_debs, self.locked.python)
