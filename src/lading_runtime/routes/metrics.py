"""What Prometheus is told: counts kept while serving, and states asked for at a scrape.

Kept by the front alone, in one thread: no locks. One prediction costs less than a microsecond.
Every metric stands in docs/reference/metrics.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple, Union

from . import processes
from .exposition import Histogram, Page, label, labels

SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
"""Bounds for times: fine enough for a prediction of a tenth of a millisecond."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Bounds for sizes of batches."""
STATES = ("loading", "ready", "stuck")
"""Of a worker; told with 0 where none is in it, so that an alert finds its series."""


class WorkerState(NamedTuple):
    """One worker at the moment of a scrape."""

    state: str
    """One of STATES."""
    pid: int
    """0 while it has no process."""


class Readings(NamedTuple):
    """What is asked for at a scrape, and at no other time."""

    queue_length: Callable[[], int]
    in_flight: Callable[[], int]
    connections: Callable[[], int]
    workers: Callable[[], Sequence[WorkerState]]
    """In an order that stays: a worker that is replaced keeps its place."""


class _Operation:
    """What was answered to one kind of request."""

    __slots__ = ("seconds", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[Union[int, str], int] = {}
        self.seconds = Histogram(SECONDS)


class Metrics:
    """Of one server."""

    def __init__(self, service: str) -> None:
        self._service = label("service", service)
        self._operations: dict[str, _Operation] = {}
        self._errors: dict[str, int] = {}
        self._restarts: dict[str, int] = {}
        self._waits = Histogram(SECONDS)
        self._sizes = Histogram(SIZES)
        self._batches = Histogram(SECONDS)
        self._load_seconds = 0.0
        self._readings = Readings(_none, _none, _none, tuple)

    def watch(self, readings: Readings) -> None:
        """Whom to ask at a scrape; given once, when all of them are there."""
        self._readings = readings

    def answered(
        self, operation: str, status: Union[int, str], problem_code: str, seconds: float
    ) -> None:
        """One request was answered, `seconds` after all of it was there.

        `operation` is one of a few words, never what a client chose; `problem_code` is empty where
        all went well. A stream counts when it ends.
        """
        counted = self._operations.get(operation)
        if counted is None:
            counted = self._operations[operation] = _Operation()
        statuses = counted.statuses
        statuses[status] = statuses.get(status, 0) + 1
        counted.seconds.observe(seconds)
        if problem_code:
            self._errors[problem_code] = self._errors.get(problem_code, 0) + 1

    def queued(self, seconds: float) -> None:
        """One prediction left the line, for a worker, after waiting for so long."""
        self._waits.observe(seconds)

    def batch(self, size: int, seconds: float) -> None:
        """A worker took `seconds` over `size` predictions at once."""
        self._sizes.observe(size)
        self._batches.observe(seconds)

    def loaded(self, seconds: float) -> None:
        """A worker has loaded the handler."""
        self._load_seconds = seconds

    def worker_restarted(self, reason: str) -> None:
        """A worker was replaced; `reason` is a word such as `died` or `stuck`."""
        self._restarts[reason] = self._restarts.get(reason, 0) + 1

    def expose(self) -> bytes:
        """All of it in Prometheus' text format; its type is `exposition.MEDIA_TYPE`."""
        page = Page()
        self._expose_requests(page)
        self._expose_batches(page)
        workers = self._readings.workers()
        self._expose_workers(page, workers)
        self._expose_processes(page, workers)
        self._expose_build(page)
        return page.encode()

    def _expose_requests(self, page: Page) -> None:
        operations = [
            (labels(self._service, label("operation", name)), counted)
            for name, counted in self._operations.items()
        ]
        page.family("lading_requests_total", "counter", "Requests answered.")
        for given, counted in operations:
            for status, count in counted.statuses.items():
                page.sample(labels(given, label("status", str(status))), count)
        name = "lading_request_duration_seconds"
        page.family(name, "histogram", "From a whole request to its answer.")
        for given, counted in operations:
            page.histogram(given, counted.seconds)
        name = "lading_request_errors_total"
        page.family(name, "counter", "Requests answered with a problem, by its code.")
        for code, count in self._errors.items():
            page.sample(labels(self._service, label("code", code)), count)
        page.family("lading_requests_in_flight", "gauge", "Requests that wait for their answer.")
        page.sample(self._service, self._readings.in_flight())
        page.family("lading_connections", "gauge", "Connections that are open.")
        page.sample(self._service, self._readings.connections())

    def _expose_batches(self, page: Page) -> None:
        page.family("lading_queue_length", "gauge", "Predictions that wait for a worker.")
        page.sample(self._service, self._readings.queue_length())
        for name, meaning, histogram in (
            ("lading_queue_wait_seconds", "Time of a prediction in the line.", self._waits),
            ("lading_batch_size", "Predictions that a worker was given at once.", self._sizes),
            ("lading_batch_duration_seconds", "Time of a batch in the worker.", self._batches),
        ):
            page.family(name, "histogram", meaning)
            page.histogram(self._service, histogram)

    def _expose_workers(self, page: Page, workers: Sequence[WorkerState]) -> None:
        states = dict.fromkeys(STATES, 0)
        for worker in workers:
            states[worker.state] = states.get(worker.state, 0) + 1
        page.family("lading_workers", "gauge", "Worker processes, by their state.")
        for state, count in states.items():
            page.sample(labels(self._service, label("state", state)), count)
        page.family("lading_worker_restarts_total", "counter", "Workers that were replaced.")
        for reason, count in self._restarts.items():
            page.sample(labels(self._service, label("reason", reason)), count)
        page.family("lading_load_duration_seconds", "gauge", "The handler's last loading.")
        page.sample(self._service, self._load_seconds)

    def _expose_processes(self, page: Page, workers: Sequence[WorkerState]) -> None:
        found = [(label("process", "front"), processes.read())]
        for place, worker in enumerate(workers):
            if worker.pid:
                found.append((label("process", f"worker-{place}"), processes.read(worker.pid)))
        for name, (kind, meaning) in processes.FAMILIES.items():
            page.family(name, kind, meaning)
            for given, values in found:
                if name in values:
                    page.sample(labels(self._service, given), values[name])

    def _expose_build(self, page: Page) -> None:
        page.family("lading_build_info", "gauge", "Always 1; the labels tell what is running.")
        python = label("python", sys.version.partition(" ")[0])
        page.sample(labels(self._service, python), 1)


def _none() -> int:
    return 0
