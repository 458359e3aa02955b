"""What the gateway adds to a request, and how many a core of it carries."""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path

from bench.app import SERVICE, App
from bench.client import Connection, prediction
from bench.figure import Figure, duration, spread
from bench.programs import MeasurementError, call
from bench.sample import by_turns

ADDED_GOAL_SECONDS = 120e-6
PER_CORE_GOAL = 15000
_REQUESTS = 300
_CONNECTIONS = 64
_SECONDS = 4
_READY = f"/{SERVICE}/readyz"


def measure(app: App, times: int) -> list[Figure]:
    """Starts the app, and stops it."""
    app.lading("up", "--detach")
    try:
        return [_added(app, times), _per_core(app)]
    finally:
        app.lading("down")


def _added(app: App, times: int) -> Figure:
    direct, gateway = Connection(_socket(app)), Connection(f"127.0.0.1:{app.port}")
    request = prediction(f"/{SERVICE}/predict", app.picture)
    sides = {"gateway": lambda: _p50(gateway, request), "direct": lambda: _p50(direct, request)}
    try:
        by_turns(1, sides)
        taken = by_turns(times, sides)
    finally:
        direct.close()
        gateway.close()
    added = taken["gateway"].less(taken["direct"])
    return Figure(
        "through the gateway, one connection, p50",
        spread(taken["gateway"]),
        spread(taken["direct"]),
        f"+ {spread(added)}",
        f"≤ + {duration(ADDED_GOAL_SECONDS)}",
        added.median <= ADDED_GOAL_SECONDS,
        f"{_REQUESTS} predictions a turn over TCP through Envoy; the same over the replica's UNIX "
        "socket",
    )


def _p50(connection: Connection, request: bytes) -> float:
    taken = []
    for _ in range(_REQUESTS):
        begun = time.perf_counter()
        status, body = connection.ask(request)
        taken.append(time.perf_counter() - begun)
        if status != 200:
            raise MeasurementError(f"a prediction was answered {status}: {body[:200]!r}")
    return statistics.median(taken)


def _per_core(app: App) -> Figure:
    """Requests for each second of processor time that Envoy used, whatever the server takes."""
    pid = _envoy(app)
    url = f"http://127.0.0.1:{app.port}{_READY}"
    before = _processor_seconds(pid)
    printed = call("wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", url)
    used = _processor_seconds(pid) - before
    if "Non-2xx" in printed or "Socket errors" in printed:
        raise MeasurementError(f"wrk: {printed}")
    count = int(next(line for line in printed.splitlines() if "requests in" in line).split()[0])
    return Figure(
        "through the gateway, requests a core",
        f"{count / used:,.0f}/s",
        "",
        f"{count / used:,.0f}/s",
        f"≥ {PER_CORE_GOAL:,}/s",
        count / used >= PER_CORE_GOAL,
        f"GET {_READY} over {_CONNECTIONS} connections, {count / _SECONDS:,.0f}/s for {_SECONDS} s "
        f"with client, gateway and server on the same cores; Envoy alone used {used:.2f} s of "
        "processor",
    )


def _envoy(app: App) -> int:
    """The process of the app's gateway."""
    return int(json.loads(app.lading("ps", "--json"))["gateway"]["pid"])


def _socket(app: App) -> str:
    engine = app.engine
    (name,) = engine.names()
    observed = engine.observe(name)
    if observed is None:
        raise MeasurementError("the replica has gone")
    return observed.address


def _processor_seconds(pid: int) -> float:
    """User and system time of a process, from /proc/PID/stat (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
