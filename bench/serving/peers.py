"""Who takes part, and how each is configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.programs import ROOT
from bench.serving.environments import SERVERS

BATCH = 64
"""At most so many requests in one prediction, for all that gather any."""

Row = list[float]


@dataclass(frozen=True)
class Peer:
    """A server that predicts digits over HTTP."""

    name: str
    title: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    """In words; `{bin}` is the environment's folder of programs, `{servers}` that of our files."""
    path: str
    note: str
    """How it is configured."""
    body: Callable[[Row], object] = lambda row: {"input": row}
    answer: Callable[[object], object] = lambda answer: answer
    """The digit in a decoded answer."""
    variables: dict[str, str] = field(default_factory=dict)
    shown: str = ""
    """The package whose version is told."""

    @property
    def environment(self) -> str:
        """The name of its virtual environment, which variants of one server share."""
        return self.name.partition("-")[0]


_LOOP = ("httptools", "msgspec", "uvloop")

OURS = Peer(
    "ours", "Lading", _LOOP,
    ("{bin}/python", "-m", "lading_runtime", "--source", "{servers}",
     "--handler", "digits:Digits", "--port", "{port}"),
    "/digits/predict",
    "one worker, `LADING_BATCH_SIZE=64`; validation, metrics and health on, as always",
    variables={"LADING_BATCH_SIZE": str(BATCH), "PYTHONPATH": str(ROOT / "src")},
)  # fmt: skip

BARE = Peer(
    "bare", "bare loop", _LOOP, ("{bin}/python", "{servers}/bare.py"), "/",
    "uvloop, httptools and msgspec in one process, which parses, gathers up to 64 requests of a "
    "turn of its loop and predicts; it checks, counts and limits nothing",
)  # fmt: skip

PEERS = (OURS, BARE)


def find(name: str) -> Peer:
    """Raises KeyError."""
    return {peer.name: peer for peer in PEERS}[name]


def environment(peer: Peer) -> dict[str, str]:
    """What a server is told besides the model and the port."""
    own = {"PYTHONPATH": str(SERVERS), "BENCH_BATCH": str(BATCH)}
    return own | peer.variables
