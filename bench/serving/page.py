"""The part of the page that is about serving."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from bench import results
from bench.figure import Figure, duration, size
from bench.programs import MeasurementError
from bench.serving import environments
from bench.serving.board import MODELS, Board
from bench.serving.peers import Peer
from bench.serving.tensors import per_second
from bench.serving.wrk import Load

_HEAD = """\
Every server runs alone, in a virtual environment of its own on Debian's Python, and predicts digits
of scikit-learn from 64 numbers in JSON: with a logistic regression (the cheap model) and with a
forest of 100 trees (the dear one). wrk asks it with one thread on the same machine. Before that, 96
answers are compared with the model's own. Ours and the bare loop took turns, and their figures are
medians; the others were measured once. Lines beside another server compare right answers a second:
there a larger ratio is better."""
_EXPLAINED = """\
Right answers a second, p50 and p99 by number of connections. Errors are answers other than 2xx and
connections that broke, over all loads. Start is from exec to the first right answer, memory the PSS
of all processes after the load."""


def section(board: Board, figures: Sequence[Figure], skipped: Sequence[str]) -> str:
    """Goals, a table for each model, how each server is configured."""
    peers = list(dict.fromkeys(peer for model in MODELS for peer in board.peers(model)))
    parts = [
        results.SERVING,
        _HEAD,
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f} at the end.",
        results.table(figures),
        *_tables(board),
        "### What the lines compare",
        "\n".join(f"- **{one.work}**: {one.sides}." for one in figures if one.sides),
        "### How each server is configured",
        "\n".join(map(_configured, peers)),
        *(["### Not measured", "\n".join(f"- {line}" for line in skipped)] if skipped else []),
    ]
    return "\n\n".join(part.strip() for part in parts)


def _tables(board: Board) -> list[str]:
    parts = []
    for model in MODELS:
        if peers := board.peers(model):
            parts += [f"### The {model} model", _EXPLAINED, _table(board, model, peers)]
    return parts


def _table(board: Board, model: str, peers: Sequence[Peer]) -> str:
    counts = board.connections()
    headings = ("server", "start", "memory", *map(_connections, counts), "errors")
    return results.rows(headings, [_row(board, model, peer, counts) for peer in peers])


def _row(board: Board, model: str, peer: Peer, counts: Sequence[int]) -> Sequence[str]:
    start = board.sample(peer.name, model, lambda result: result.start_seconds)
    memory = board.sample(peer.name, model, lambda result: result.memory_bytes)
    loads = [board.load(peer.name, model, count) for count in counts]
    return (
        peer.title,
        duration(start.median) if start else "",
        size(memory.median) if memory else "",
        *map(_load, loads),
        f"{sum(load.errors for load in loads if load):,}",
    )


def _load(load: Load | None) -> str:
    if load is None:
        return ""
    return f"{per_second(load.rate)}, {duration(load.p50)}, {duration(load.p99)}"


def _connections(count: int) -> str:
    return "1 connection" if count == 1 else f"{count} connections"


def _configured(peer: Peer) -> str:
    return f"- **{peer.title}** ({_versions(peer)}): {peer.note}."


def _versions(peer: Peer) -> str:
    try:
        home = environments.make(peer.environment, peer.packages)
        known = environments.versions(home)
    except MeasurementError:
        return "not installed"
    names = (
        "numpy",
        "scikit-learn",
        *(x.partition("[")[0].partition("<")[0] for x in peer.packages),
    )
    return ", ".join(f"{name} {known.get(name, '?')}" for name in sorted(names))
