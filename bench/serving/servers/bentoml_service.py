"""Both ways of BentoML: a request at a time, and adaptive batching."""

from __future__ import annotations

import os

import bentoml
import joblib

_BATCH = int(os.environ["BENCH_BATCH"])
_WORKERS = int(os.environ["BENCH_WORKERS"])


@bentoml.service(workers=_WORKERS, traffic={"timeout": 30}, metrics={"enabled": True})
class Single:
    def __init__(self) -> None:
        self._model = joblib.load(os.environ["BENCH_MODEL"])

    @bentoml.api
    def predict(self, input: list[float]) -> int:
        return int(self._model.predict([input])[0])


@bentoml.service(workers=_WORKERS, traffic={"timeout": 30, "concurrency": _BATCH})
class Gathered:
    def __init__(self) -> None:
        self._model = joblib.load(os.environ["BENCH_MODEL"])

    @bentoml.api(batchable=True, max_batch_size=_BATCH, max_latency_ms=1000)
    def predict(self, inputs: list[list[float]]) -> list[int]:
        return self._model.predict(inputs).tolist()
