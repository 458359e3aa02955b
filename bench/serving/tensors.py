"""A tensor of a megabyte as binary, beside the same tensor as JSON."""

from __future__ import annotations

import array
import json
import math
import random
import struct
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
    "short": "application/json",
}
"""`json` is what `json.dumps(tensor.tolist())` writes; `short` has no digit more than it needs to
be read back as the same float32."""


def measure(rounds: int) -> list[Figure]:
    """Starts our runtime with a handler that sums an array. Raises MeasurementError."""
    peer = replace(
        OURS, path="/tensor/predict",
        command=tuple("tensor:Total" if x == "digits:Digits" else x for x in OURS.command),
    )  # fmt: skip
    home = environments.make(peer.environment, peer.packages)
    drawn = random.Random(0)
    values = array.array("f", (drawn.random() for _ in range(_COUNT)))
    bodies = {"npy": _npy(values), "json": _json(values.tolist()), "short": _json(_short(values))}

    def right(port: int, kind: str) -> bool:
        found = ask(port, peer.path, bodies[kind], _KINDS[kind])
        return isinstance(found, float) and math.isclose(found, sum(values), rel_tol=1e-4)

    with started(peer, home, "cheap", partial(right, kind="json")) as one:
        if not all(right(one.port, kind) for kind in _KINDS):
            raise MeasurementError("a sum is wrong")
        for kind, body in bodies.items():
            (one.folder / kind).write_bytes(body)
        taken = by_turns(rounds, {kind: partial(_rate, one, kind) for kind in _KINDS})
    return [
        _figure(taken, "json", GOAL, f"as `json.dumps` writes them ({size(len(bodies['json']))})"),
        _figure(taken, "short", None, f"in as few digits as do ({size(len(bodies['short']))})"),
    ]


def _rate(one: Running, kind: str) -> float:
    found = load(one.url, one.folder / kind, _CONNECTIONS, _SECONDS, _KINDS[kind])
    if found.errors or not found.rate:
        raise MeasurementError(f"{found.errors} answers to {_KINDS[kind]} were none")
    return found.rate


def _figure(taken: dict[str, Sample], other: str, least: float | None, words: str) -> Figure:
    ratio = taken["npy"].over(taken[other])
    return Figure(
        "1 MB of float32: binary beside JSON" + (", short" if least is None else ""),
        spread(taken["npy"], per_second),
        spread(taken[other], per_second),
        spread(ratio, times),
        f"≥ {times(least)}" if least is not None else "",
        ratio.median >= least if least is not None else None,
        f"our runtime with a handler that sums {_COUNT:,} random numbers, {_CONNECTIONS} "
        f"connections: application/x-npy; the same numbers as JSON, {words}",
    )


def per_second(value: float) -> str:
    """A rate."""
    return f"{value:,.0f}/s"


def _json(numbers: list[float]) -> bytes:
    return json.dumps({"tensor": numbers}).encode()


def _short(values: array.array[float]) -> list[float]:
    """Doubles whose shortest form is also the shortest of the float32."""
    return [_shortest(value) for value in values]


def _shortest(value: float) -> float:
    for digits in range(6, 10):
        rounded = float(f"{value:.{digits}g}")
        if struct.unpack("f", struct.pack("f", rounded))[0] == value:
            return rounded
    return value


def _npy(values: array.array[float]) -> bytes:
    """Version 1.0 of the NPY format: magic, the header's length, header, data."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values)},), }}"
    padding = -(10 + len(header) + 1) % 64
    header += " " * padding + "\n"
    return (
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(values)
    )
