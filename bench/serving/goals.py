"""What must come out, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.figure import Figure, duration, size, spread, times
from bench.sample import Sample
from bench.serving import peers
from bench.serving.board import Board
from bench.serving.run import Result
from bench.serving.tensors import per_second

P50_GOAL = 1.3
START_GOAL = 1.1
MEMORY_GOAL_BYTES = 15_000_000
_MOST = 64


@dataclass(frozen=True)
class _Rate:
    """At 64 connections ours must carry so many times what another carries."""

    model: str
    other: str
    least: float | None
    ours: str = "ours"


_RATES = (
    _Rate("cheap", "bare", 0.5),
    _Rate("cheap", "triton", 6),
    _Rate("cheap", "fastapi", 15),
    _Rate("cheap", "bentoml", 25),
    _Rate("cheap", "bentoml-batching", 25),
    _Rate("cheap", "litserve", 25),
    _Rate("cheap", "litserve-batching", 25),
    _Rate("cheap", "mlserver", 25),
    _Rate("cheap", "kserve", 25),
    _Rate("cheap", "cog", None),
    _Rate("dear", "bare", 0.8),
    _Rate("dear", "triton", 3),
    _Rate("dear", "fastapi", 60),
    _Rate("dear", "litserve-batching", 8),
    _Rate("cheap", "fastapi-twice", None, "ours-twice"),
    _Rate("cheap", "kserve-twice", None, "ours-twice"),
    _Rate("dear", "fastapi-twice", None, "ours-twice"),
)


def figures(board: Board) -> list[Figure]:
    """A line for each goal whose sides were measured."""
    lines = [_rate(board, wanted) for wanted in _RATES]
    lines += [_tail(board), _one_connection(board), _start(board), _memory(board)]
    return [line for line in lines if line is not None]


def _rate(board: Board, wanted: _Rate) -> Figure | None:
    ours = _sample(board, wanted.ours, wanted.model)
    theirs = _sample(board, wanted.other, wanted.model)
    if ours is None or theirs is None:
        return None
    ratio = _over(ours, theirs)
    return Figure(
        f"{wanted.model} model, {_MOST} connections, beside {peers.find(wanted.other).title}",
        spread(ours, per_second),
        spread(theirs, per_second),
        spread(ratio, times),
        f"≥ {times(wanted.least)}" if wanted.least is not None else "",
        ratio.median >= wanted.least if wanted.least is not None else None,
        "",
    )


def _tail(board: Board) -> Figure | None:
    """The p99 beside the lowest of all who are no bare loop."""
    ours = board.load("ours", "cheap", _MOST)
    others = dict(_tails(board))
    if ours is None or not others:
        return None
    title = min(others, key=lambda name: others[name])
    return Figure(
        f"cheap model, {_MOST} connections, p99", duration(ours.p99), duration(others[title]),
        times(ours.p99 / others[title]), "< 1 ×", ours.p99 < others[title],
        f"the lowest p99 of all other servers is that of {title}",
    )  # fmt: skip


def _tails(board: Board) -> Iterator[tuple[str, float]]:
    for peer in board.peers("cheap"):
        found = board.load(peer.name, "cheap", _MOST)
        if found and peer.environment not in ("ours", "bare"):
            yield peer.title, found.p99


def _one_connection(board: Board) -> Figure | None:
    def p50(result: Result) -> float:
        return result.loads[1].p50

    if 1 not in board.connections():
        return None
    ours, bare = (board.sample(name, "cheap", p50) for name in ("ours", "bare"))
    if ours is None or bare is None:
        return None
    ratio = _over(ours, bare)
    return Figure(
        "cheap model, one connection, p50", spread(ours), spread(bare), spread(ratio, times),
        f"≤ {times(P50_GOAL)}", ratio.median <= P50_GOAL, "ours; the bare loop",
    )  # fmt: skip


def _start(board: Board) -> Figure | None:
    ours, bare = (_pooled(board, name) for name in ("ours", "bare"))
    if ours is None or bare is None:
        return None
    ratio = _over(ours, bare)
    return Figure(
        "start, to the first right answer", spread(ours), spread(bare), spread(ratio, times),
        f"≤ {times(START_GOAL)}", ratio.median <= START_GOAL,
        "from exec, with either model; the bare loop",
    )  # fmt: skip


def _memory(board: Board) -> Figure | None:
    def weight(result: Result) -> float:
        return result.memory_bytes

    ours, bare = (board.sample(name, "cheap", weight) for name in ("ours", "bare"))
    if ours is None or bare is None:
        return None
    more = ours.median - bare.median
    return Figure(
        "memory", spread(ours, size), spread(bare, size), f"+ {size(more)}",
        f"≤ + {size(MEMORY_GOAL_BYTES)}", more <= MEMORY_GOAL_BYTES,
        "PSS of all processes after the load, cheap model; the bare loop",
    )  # fmt: skip


def _sample(board: Board, name: str, model: str) -> Sample | None:
    if _MOST not in board.connections():
        return None
    return board.sample(name, model, lambda result: result.loads[_MOST].rate)


def _pooled(board: Board, name: str) -> Sample | None:
    found = [board.sample(name, model, lambda x: x.start_seconds) for model in ("cheap", "dear")]
    values = [value for sample in found if sample for value in sample.values]
    return Sample(tuple(values)) if values else None


def _over(ours: Sample, theirs: Sample) -> Sample:
    """By rounds where both sides have as many; else of the medians."""
    if len(ours.values) == len(theirs.values):
        return ours.over(theirs)
    return Sample((ours.median / theirs.median,))
