"""Progress bars on a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Display
from rich.text import Text


class Bars:
    """A Progress drawn by rich. A finished task's bar goes away, and its line stays above."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def start(self, task: str, total: int | None = None) -> None:
        with self._lock:
            self._tasks[task] = self._display.add_task(task, total=total)

    def advance(self, task: str, amount: int) -> None:
        if task in self._tasks:
            self._display.advance(self._tasks[task], amount)

    def finish(self, task: str, note: str = "") -> None:
        with self._lock:
            identifier = self._tasks.pop(task, None)
        if identifier is not None:
            self._display.remove_task(identifier)
        if note != "cached":
            done = Text.assemble(("✓", "green"), f" {task} ", (note, "dim"))
            self._display.console.print(done, highlight=False)


@contextmanager
def bars() -> Iterator[Bars]:
    """Bars on standard error while the block runs."""
    # Names of files and packages are no markup, whatever brackets are in them.
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        yield Bars(display)
