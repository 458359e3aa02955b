"""The lines of services, past and coming, from history and from running containers."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import click

from lading.cli.tidy import tidy
from lading.controller.history import History, Line
from lading.controller.place import Place
from lading.engines.engine import Engine
from lading.errors import EngineError
from lading.releases.revision import ReplicaId, replicas_of

_LOOK_SECONDS = 0.3
_COLOURS = ("cyan", "yellow", "green", "magenta", "blue")

Named = tuple[str, Line]
"""A service's name and a line of it."""


def services_of(at: Place) -> list[str]:
    """Every service that has ever run here, by name."""
    running = replicas_of(at.app, at.engine.names())
    return sorted({*History(at.history).services(), *(replica.service for replica in running)})


def past(at: Place, services: Sequence[str]) -> list[Named]:
    """Everything written so far, oldest first; as it was written where the time is the same."""
    engine, history = at.engine, History(at.history)
    lines = [(name, line) for name in services for line in history.read(name)]
    for replica in _replicas(engine, at, services):
        lines += _written(engine, at, replica, more=False)
    return sorted(lines, key=lambda named: named[1].time)


def follow(
    at: Place,
    services: Sequence[str],
    since: datetime,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Print what is written from `since` on as it comes, until interrupted or `over`.

    `services` may grow meanwhile.
    """
    following = _Following(at, services, since, at.engine, History(at.history))
    while not over():
        following.look()
        following.show_for(_LOOK_SECONDS)
    following.look()
    following.show_for(0.05)


def show(name: str, line: Line, width: int) -> None:
    """A line, with the service's name in its colour on a terminal."""
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    time_of_day = click.style(f"{line.time.astimezone():%H:%M:%S}", dim=True)
    label = f"{time_of_day} {click.style(f'{name.ljust(width)} {line.replica} |', fg=colour)}"
    if line.stream == "lading":
        click.echo(f"{label} {click.style(f'[{line.text}]', dim=True)}")
        return
    for text in tidy(line.text):
        click.echo(f"{label} {text}")


@dataclass
class _Following:
    """A thread for each container that writes; our own sentences are read from the history."""

    at: Place
    services: Sequence[str]
    since: datetime
    engine: Engine
    history: History
    lines: queue.Queue[Named] = field(default_factory=queue.Queue)
    containers: set[tuple[ReplicaId, datetime]] = field(default_factory=set)
    read_to: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        """Take up containers and sentences that are new."""
        for name in self.services:
            lines, self.read_to[name] = self.history.tail(name, self.read_to.get(name, 0))
            for line in lines:
                if line.stream == "lading" and line.time > self.since:
                    self.lines.put((name, line))
        for replica in _replicas(self.engine, self.at, self.services):
            observed = self.engine.observe(replica.workload_name(self.at.app))
            if observed and (replica, observed.started_at) not in self.containers:
                self.containers.add((replica, observed.started_at))
                threading.Thread(target=self._pump, args=(replica,), daemon=True).start()

    def show_for(self, seconds: float) -> None:
        width = max(map(len, self.services), default=0)
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                show(*self.lines.get(timeout=left), width)
            except queue.Empty:
                return

    def _pump(self, replica: ReplicaId) -> None:
        for named in _written(self.engine, self.at, replica, more=True):
            if named[1].time > self.since:
                self.lines.put(named)


def _written(engine: Engine, at: Place, replica: ReplicaId, more: bool) -> Iterator[Named]:
    slot = f"{replica.revision}.{replica.slot}"
    try:
        for one in engine.logs(replica.workload_name(at.app), follow=more):
            yield replica.service, Line(one.time, slot, one.stream, one.text)
    except EngineError:
        # Removed while it was read: what it wrote is in the history.
        return


def _replicas(engine: Engine, at: Place, services: Sequence[str]) -> list[ReplicaId]:
    mine = replicas_of(at.app, engine.names())
    return [replica for replica in mine if replica.service in services]
