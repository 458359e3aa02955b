"""A tensor of a megabyte as binary, beside the same tensor as JSON."""

from __future__ import annotations

import array
import json
import math
from dataclasses import replace
from functools import partial

from bench.figure import Figure, size, spread, times
from bench.programs import MeasurementError
from bench.sample import Sample, by_turns
from bench.serving import environments
from bench.serving.peers import OURS
from bench.serving.start import Running, ask, started
from bench.serving.wrk import load

GOAL = 20
_COUNT = 262_144
_CONNECTIONS = 4
_SECONDS = 2
_KINDS = {
    "npy": "application/x-npy",
    "json": "application/json",
}


def measure(rounds: int) -> list[Figure]:
    """Starts our runtime with a handler that sums an array. Raises MeasurementError."""
    peer = replace(
        OURS, path="/tensor/predict",
        command=tuple("tensor:Total" if x == "digits:Digits" else x for x in OURS.command),
    )  # fmt: skip
    home = environments.make(peer.environment, peer.packages)
    # Short in decimals, as 1/1024 is, so that JSON is not made longer than it need be.
    values = array.array("f", (number % 1024 / 1024 for number in range(_COUNT)))
    bodies = {"npy": _npy(values), "json": json.dumps({"tensor": values.tolist()}).encode()}

    def right(port: int, kind: str) -> bool:
        found = ask(port, peer.path, bodies[kind], _KINDS[kind])
        return isinstance(found, float) and math.isclose(found, sum(values), rel_tol=1e-4)

    with started(peer, home, "cheap", partial(right, kind="json")) as one:
        if not right(one.port, "npy"):
            raise MeasurementError("the sum of what came as application/x-npy is wrong")
        for kind, body in bodies.items():
            (one.folder / kind).write_bytes(body)
        taken = by_turns(rounds, {kind: partial(_rate, one, kind) for kind in _KINDS})
    return [_figure(taken, len(bodies["json"]))]


def _rate(one: Running, kind: str) -> float:
    found = load(one.url, one.folder / kind, _CONNECTIONS, _SECONDS, _KINDS[kind])
    if found.errors or not found.rate:
        raise MeasurementError(f"{found.errors} answers to {_KINDS[kind]} were none")
    return found.rate


def _figure(taken: dict[str, Sample], json_bytes: int) -> Figure:
    ratio = taken["npy"].over(taken["json"])
    return Figure(
        "1 MB of float32: binary beside JSON",
        spread(taken["npy"], per_second),
        spread(taken["json"], per_second),
        spread(ratio, times),
        f"≥ {GOAL} ×",
        ratio.median >= GOAL,
        f"our runtime with a handler that sums {_COUNT:,} numbers, {_CONNECTIONS} connections: "
        f"application/x-npy; the same numbers as JSON ({size(json_bytes)})",
    )


def per_second(value: float) -> str:
    """A rate."""
    return f"{value:,.0f}/s"


def _npy(values: array.array[float]) -> bytes:
    """Version 1.0 of the NPY format: magic, the header's length, header, data."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values)},), }}"
    padding = -(10 + len(header) + 1) % 64
    header += " " * padding + "\n"
    return (
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(values)
    )
