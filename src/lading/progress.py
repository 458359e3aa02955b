"""What long work tells its caller while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Hears of tasks. Called from several threads; raises nothing but a Stoppable's `Stopped`."""

    def start(self, task: str, total: int | None = None) -> None:
        """A task begins. `total` is in bytes or files, None when unknown."""
        ...

    def advance(self, task: str, amount: int) -> None:
        """`amount` more of `total` is done."""
        ...

    def finish(self, task: str, note: str = "") -> None:
        """A task is done. `note` is a few words for a person: "cached", "12.3Mi"."""
        ...


class Silent:
    """A Progress that tells nobody."""

    def start(self, task: str, total: int | None = None) -> None: ...

    def advance(self, task: str, amount: int) -> None: ...

    def finish(self, task: str, note: str = "") -> None: ...


@dataclass(frozen=True)
class Named:
    """A Progress of one image among several: says whose its tasks are."""

    progress: Progress
    name: str

    def start(self, task: str, total: int | None = None) -> None:
        self.progress.start(self.told(task), total)

    def advance(self, task: str, amount: int) -> None:
        self.progress.advance(self.told(task), amount)

    def finish(self, task: str, note: str = "") -> None:
        self.progress.finish(self.told(task), note)

    def told(self, task: str) -> str:
        """The task, for whoever hears of others' as well."""
        return f"{self.name}: {task}"


class Stopped(Exception):  # noqa: N818 -- nothing went wrong in the thread that sees it
    """Somebody else's work failed, or a person interrupted all of it: nobody waits for this."""


class Stoppable:
    """A Progress by which all who tell it anything can be ended: threads cannot be interrupted."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._is_stopped = False

    def stop(self) -> None:
        """From now on whoever begins a task, or gets on with one, is ended by Stopped."""
        self._is_stopped = True

    def start(self, task: str, total: int | None = None) -> None:
        self.go_on()
        self._progress.start(task, total)

    def advance(self, task: str, amount: int) -> None:
        self.go_on()
        self._progress.advance(task, amount)

    def finish(self, task: str, note: str = "") -> None:
        if not self._is_stopped:
            self._progress.finish(task, note)

    def go_on(self) -> None:
        """Raises Stopped once it was: for who has nothing to tell for long."""
        if self._is_stopped:
            raise Stopped


def amount(size: int) -> str:
    """A number of bytes in a few digits, in powers of 1024 as limits are given and tables tell it:
    "812 B", "4.1Ki", "16.7Mi".
    """
    for unit, factor in (("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if size >= factor:
            return f"{size / factor:.1f}{unit}"
    return f"{size} B"
