"""The command line of `python -m bench serving`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.serving import peers
from bench.serving.board import MODELS
from bench.serving.run import Plan


@dataclass(frozen=True)
class Options:
    """What is measured; everything, as `make bench` does it, unless said."""

    peers: tuple[peers.Peer, ...] = peers.PEERS
    models: tuple[str, ...] = MODELS
    plan: Plan = field(default_factory=Plan)
    rounds: int = 3
    """Of what is held against the bare loop, by turns."""
    extras: bool = True
    """Whether tensors and streams are measured too."""
    write: bool = False
    """Whether the page is changed."""
    hold: bool = False
    """Start the first server alone, and leave it running until a line comes."""


def parse(arguments: Sequence[str]) -> Options:
    """Exits with 2 on what cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m bench serving", description=__doc__)
    known = ",".join(peer.name for peer in peers.PEERS)
    parser.add_argument("--peers", default=known, help=f"of {known}")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--connections", default="1,16,64")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="under each load")
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="of ours and bare")
    parser.add_argument("--no-extras", action="store_true", help="neither tensors nor streams")
    parser.add_argument("--write", action="store_true", help="put it into bench/RESULTS.md")
    parser.add_argument("--hold", action="store_true", help="only start the first, and wait")
    given = parser.parse_args(arguments)
    try:
        chosen = tuple(peers.find(name) for name in given.peers.split(","))
    except KeyError as name:
        parser.error(f"there is no {name}; there are {known}")
    connections = tuple(int(number) for number in given.connections.split(","))
    plan = Plan(connections, given.seconds, min(Plan.warming_seconds, given.seconds))
    models = tuple(given.models.split(","))
    extras = not given.no_extras
    return Options(chosen, models, plan, given.rounds, extras, given.write, given.hold)
