"""Who takes part, and how each is configured.

Every server has one process that predicts, as ours has; those that can have two, and gain by it,
take part a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
    variables: dict[str, str] = field(default_factory=dict, hash=False)
    batch: int = BATCH
    """At most so many requests in one prediction; 1 where the server is not to gather."""
    workers: int = 1
    """Processes that predict, for servers that are told."""

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


def _nested(*keys: str | int) -> Callable[[object], object]:
    def answer(found: object) -> object:
        for key in keys:
            found = found[key]  # type: ignore[index]
        return found

    return answer


def _tensor(row: Row) -> object:
    """The Open Inference Protocol's JSON of one row."""
    return {"inputs": [{"name": "inputs", "shape": [1, len(row)], "datatype": "FP32", "data": row}]}


FASTAPI = Peer(
    "fastapi", "FastAPI + uvicorn", ("fastapi", "uvicorn[standard]"),
    ("{bin}/uvicorn", "fastapi_app:app", "--host", "127.0.0.1", "--port", "{port}",
     "--workers", "{workers}", "--no-access-log"),
    "/predict",
    "a pydantic body and a plain `def`, as its guide has it for what blocks; `uvicorn[standard]` "
    "(uvloop, httptools), no access log",
)  # fmt: skip

TRITON = Peer(
    "triton", "NVIDIA Triton", ("nvidia-pytriton",),
    ("{bin}/python", "{servers}/triton_server.py"), "/v2/models/digits/infer",
    "PyTriton, `@batch` and `DynamicBatcher()`, at most 64; JSON of the Open Inference Protocol; "
    "a second callable made it slower",
    body=_tensor, answer=_nested("outputs", 0, "data", 0),
)  # fmt: skip

LITSERVE = Peer(
    "litserve", "LitServe", ("litserve",), ("{bin}/python", "{servers}/litserve_server.py"),
    "/predict", "`LitServer(accelerator='cpu')`", batch=1,
)  # fmt: skip
LITSERVE_BATCHING = replace(
    LITSERVE, name="litserve-batching", title="LitServe, batching", batch=BATCH,
    note="`max_batch_size=64`, `batch_timeout=0.002`, `fast_queue=True`, two API servers before "
    "one worker: the fastest of what was tried",
    variables={"BENCH_FAST_QUEUE": "1", "BENCH_API_SERVERS": "2"},
)  # fmt: skip

BENTOML = Peer(
    "bentoml", "BentoML", ("bentoml",),
    ("{bin}/bentoml", "serve", "bentoml_service:Single", "--host", "127.0.0.1",
     "--port", "{port}"),
    "/predict", "`@bentoml.service` with `@bentoml.api`",
)  # fmt: skip
BENTOML_BATCHING = replace(
    BENTOML, name="bentoml-batching", title="BentoML, batching",
    command=("{bin}/bentoml", "serve", "bentoml_service:Gathered", "--host", "127.0.0.1",
             "--port", "{port}"),
    note="`batchable=True`, `max_batch_size=64`, `max_latency_ms=1000`, and `concurrency` of the "
    "batch's size, as its guide advises",
    body=lambda row: {"inputs": [row]}, answer=_nested(0),
)  # fmt: skip

MLSERVER = Peer(
    "mlserver", "MLServer", ("mlserver", "mlserver-sklearn", "uvloop<0.22"),
    ("{bin}/python", "{servers}/mlserver_folder.py"), "/v2/models/digits/infer",
    "its scikit-learn runtime, adaptive batching (`max_batch_size` 64, `max_batch_time` 0.002), "
    "one parallel worker; uvloop below 0.22, with which its workers start",
    body=_tensor, answer=_nested("outputs", 0, "data", 0),
)  # fmt: skip

KSERVE = Peer(
    "kserve", "KServe", ("kserve",), ("{bin}/python", "{servers}/kserve_model.py"),
    "/v1/models/digits:predict",
    "`ModelServer` with a model of one's own, over its first protocol, without gRPC and without "
    "a line of log for each request; its batching is another container's",
    body=lambda row: {"instances": [row]}, answer=_nested("predictions", 0),
)  # fmt: skip

COG = Peer(
    "cog", "Cog", ("cog",),
    ("{bin}/python", "-m", "cog.server.http", "--host", "127.0.0.1"), "/predictions",
    "its server in Rust with an `async` runner and 128 slots; it answers 409 when none is free, "
    "and with 64 slots it did so for more than half of 64 connections' requests",
    body=lambda row: {"input": {"input": row}}, answer=_nested("output"),
    variables={
        "COG_PREDICT_TYPE_STUB": f"{SERVERS}/cog_predict.py:Runner",
        "COG_MAX_CONCURRENCY": "128",
    },
)  # fmt: skip

OURS_TWICE = replace(
    OURS, name="ours-twice", title="Lading, 2 workers", workers=2,
    note="the same with `LADING_WORKERS=2`",
    variables=OURS.variables | {"LADING_WORKERS": "2"},
)  # fmt: skip


def _twice(peer: Peer, setting: str) -> Peer:
    title = f"{peer.title}, 2 workers"
    note = f"the same with {setting}"
    return replace(peer, name=f"{peer.name}-twice", title=title, workers=2, note=note)


FASTAPI_TWICE = _twice(FASTAPI, "`--workers 2`")

PEERS = (
    OURS, BARE, FASTAPI, TRITON, LITSERVE, LITSERVE_BATCHING, BENTOML, BENTOML_BATCHING, MLSERVER,
    KSERVE, COG, OURS_TWICE, FASTAPI_TWICE, _twice(LITSERVE, "`workers_per_device=2`"),
    _twice(BENTOML_BATCHING, "`workers=2`"), _twice(KSERVE, "`workers=2`"),
)  # fmt: skip
"""In the table's order: with one process that predicts, then those that are told to have two."""


def find(name: str) -> Peer:
    """Raises KeyError."""
    return {peer.name: peer for peer in PEERS}[name]


def environment(peer: Peer) -> dict[str, str]:
    """What a server is told besides the model and the port."""
    own = {
        "PYTHONPATH": str(SERVERS),
        "BENCH_BATCH": str(peer.batch),
        "BENCH_WORKERS": str(peer.workers),
    }
    return own | peer.variables
