"""KServe's model server with a model of one's own, over its first protocol."""

from __future__ import annotations

import os

import joblib
from kserve import Model, ModelServer


class Digits(Model):
    def __init__(self) -> None:
        super().__init__("digits")
        self.load()

    def load(self) -> bool:
        self._model = joblib.load(os.environ["BENCH_MODEL"])
        self.ready = True
        return True

    def predict(
        self, payload: dict[str, list[list[float]]], headers: object = None,
        response_headers: object = None,
    ) -> dict[str, list[int]]:  # fmt: skip
        return {"predictions": self._model.predict(payload["instances"]).tolist()}


if __name__ == "__main__":
    ModelServer(
        http_port=int(os.environ["BENCH_PORT"]), workers=int(os.environ["BENCH_WORKERS"]),
        enable_grpc=False, enable_latency_logging=False, access_log_format=None,
    ).start([Digits()])  # fmt: skip
