"""Our runtime beside other model servers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from bench import programs, results
from bench.figure import Figure
from bench.programs import MeasurementError, say
from bench.serving import goals, options, page, run, streaming, tensors, wrk
from bench.serving.board import Board
from bench.serving.options import Options
from bench.serving.peers import Peer
from bench.serving.run import Result

_BY_TURNS = ("ours", "bare")


def main(arguments: Sequence[str]) -> int:
    """`python -m bench serving`: this work alone. Returns the exit code."""
    chosen = options.parse(arguments)
    try:
        programs.install("wrk")
        if chosen.hold:
            return _hold(chosen)
        text = section(chosen)
    except MeasurementError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if chosen.write:
        results.replace(results.SERVING, text)
    print(text)
    return 0


def section(chosen: Options) -> str:
    """Measures, and puts it into words. A server that cannot be measured does not spoil the
    others."""
    skipped: list[str] = []
    board = Board(tuple(_results(chosen, skipped)))
    figures = goals.figures(board)
    if chosen.extras:
        for work in (tensors.measure, streaming.measure):
            figures += _attempt(work, chosen.rounds, skipped)
    return page.section(board, figures, skipped)


def _results(chosen: Options, skipped: list[str]) -> list[Result]:
    turns = [peer for peer in chosen.peers if peer.name in _BY_TURNS]
    others = [peer for peer in chosen.peers if peer.name not in _BY_TURNS]
    found: list[Result] = []
    for model in chosen.models:
        for number in range(chosen.rounds):
            order = turns if number % 2 == 0 else turns[::-1]
            found += _measured(order, model, chosen, skipped)
        found += _measured(others, model, chosen, skipped)
    places = {peer.name: place for place, peer in enumerate(chosen.peers)}
    return sorted(found, key=lambda result: places[result.peer.name])


def _measured(
    peers: Sequence[Peer], model: str, chosen: Options, skipped: list[str]
) -> list[Result]:
    found = []
    for peer in peers:
        say(f"serving: {peer.title}, {model} model")
        try:
            found.append(run.measure(peer, model, chosen.plan))
        except MeasurementError as error:
            _skip(f"{peer.title}, {model} model", error, skipped)
        else:
            _tell(found[-1])
    return found


def _attempt(work: Callable[[int], list[Figure]], rounds: int, skipped: list[str]) -> list[Figure]:
    name = work.__module__.rpartition(".")[2]
    say(f"serving: {name}")
    try:
        return work(rounds)
    except MeasurementError as error:
        _skip(name, error, skipped)
        return []


def _skip(name: str, error: MeasurementError, skipped: list[str]) -> None:
    say(f"{name}: not measured: {error}")
    skipped.append(f"{name}: {' '.join(str(error)[:400].split())}")


def _hold(chosen: Options) -> int:
    peer = chosen.peers[0]
    with run.running(peer, chosen.models[0]) as (one, questions):
        bodies = questions.bodies(peer, one.folder)
        print(
            f"process {one.server.pid}; started in {one.start_seconds:.3f} s; this is {os.getpid()}"
        )
        print(f"wrk -t1 -c64 -d5s --latency -s {wrk.SCRIPT} {one.url} -- {bodies}", flush=True)
        sys.stdin.readline()
    return 0


def _tell(result: Result) -> None:
    say(f"    start {result.start_seconds:.3f} s, {result.memory_bytes / 1e6:.1f} MB")
    for connections, load in result.loads.items():
        say(
            f"    {connections:3} connections: {load.rate:9,.0f}/s, p50 {load.p50 * 1e3:8.3f} ms, "
            f"p99 {load.p99 * 1e3:8.3f} ms, {load.errors} errors"
        )
