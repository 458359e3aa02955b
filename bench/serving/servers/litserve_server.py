"""LitServe, gathering BENCH_BATCH requests where that is more than one."""

from __future__ import annotations

import os

import joblib
import litserve

_BATCH = int(os.environ["BENCH_BATCH"])
_WAIT_SECONDS = 0.002


class Single(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self._model = joblib.load(os.environ["BENCH_MODEL"])

    def decode_request(self, request: dict[str, list[float]]) -> list[float]:
        return request["input"]

    def predict(self, row: list[float]) -> int:
        return int(self._model.predict([row])[0])

    def encode_response(self, digit: int) -> int:
        return digit


class Gathered(Single):
    def batch(self, inputs: list[list[float]]) -> list[list[float]]:
        return inputs

    def predict(self, rows: list[list[float]]) -> list[int]:
        return self._model.predict(rows).tolist()

    def unbatch(self, digits: list[int]) -> list[int]:
        return digits


def main() -> None:
    gathers = _BATCH > 1
    api = Gathered(max_batch_size=_BATCH, batch_timeout=_WAIT_SECONDS) if gathers else Single()
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=int(os.environ["BENCH_WORKERS"]),
        fast_queue=os.environ.get("BENCH_FAST_QUEUE") == "1",
    )  # fmt: skip
    port = int(os.environ["BENCH_PORT"])
    servers = int(os.environ.get("BENCH_API_SERVERS", "1"))
    server.run(
        host="127.0.0.1", port=port, num_api_servers=servers, generate_client_file=False,
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
