"""Our runtime beside other model servers."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench import programs
from bench.programs import MeasurementError, say
from bench.serving import options, run, wrk
from bench.serving.options import Options
from bench.serving.run import Result


def main(arguments: Sequence[str]) -> int:
    """`python -m bench serving`: this work alone. Returns the exit code."""
    chosen = options.parse(arguments)
    programs.install("wrk")
    if chosen.hold:
        return _hold(chosen)
    results, skipped = measure(chosen)
    return 0 if results and not skipped else 1


def measure(chosen: Options) -> tuple[list[Result], list[str]]:
    """Results, and who could not be measured and why."""
    results: list[Result] = []
    skipped: list[str] = []
    for model in chosen.models:
        for peer in chosen.peers:
            say(f"serving: {peer.title}, {model} model")
            try:
                results.append(run.measure(peer, model, chosen.plan))
            except MeasurementError as error:
                say(f"not measured: {error}")
                skipped.append(f"{peer.title}, {model} model: {error}")
            else:
                _tell(results[-1])
    return results, skipped


def _hold(chosen: Options) -> int:
    with run.running(chosen.peers[0], chosen.models[0]) as one:
        script, bodies = wrk.SCRIPT, one.bodies()
        print(f"process {one.server.pid}; started in {one.start_seconds:.3f} s")
        print(f"wrk -t1 -c64 -d5s --latency -s {script} {one.url} -- {bodies}", flush=True)
        sys.stdin.readline()
    return 0


def _tell(result: Result) -> None:
    say(f"    start {result.start_seconds:.3f} s, {result.memory_bytes / 1e6:.1f} MB")
    for connections, load in result.loads.items():
        say(
            f"    {connections:3} connections: {load.rate:9,.0f}/s, p50 {load.p50 * 1e3:8.3f} ms, "
            f"p99 {load.p99 * 1e3:8.3f} ms, {load.errors} errors"
        )
