"""NVIDIA Triton with dynamic batching, the model as a Python callable of PyTriton."""

from __future__ import annotations

import os

import joblib
import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def _callable() -> object:
    model = joblib.load(os.environ["BENCH_MODEL"])

    @batch
    def predict(inputs: np.ndarray) -> dict[str, np.ndarray]:
        return {"digits": model.predict(inputs).astype(np.int64).reshape(-1, 1)}

    return predict


def main() -> None:
    config = TritonConfig(
        http_address="127.0.0.1", http_port=int(os.environ["BENCH_PORT"]),
        grpc_address="127.0.0.1", grpc_port=int(os.environ["BENCH_PORT_2"]),
        metrics_port=int(os.environ["BENCH_PORT_3"]),
    )  # fmt: skip
    size = int(os.environ["BENCH_BATCH"])
    with Triton(config=config) as triton:
        triton.bind(
            model_name="digits",
            infer_func=[_callable() for _ in range(int(os.environ["BENCH_WORKERS"]))],
            inputs=[Tensor(name="inputs", dtype=np.float32, shape=(64,))],
            outputs=[Tensor(name="digits", dtype=np.int64, shape=(1,))],
            config=ModelConfig(batching=True, max_batch_size=size, batcher=DynamicBatcher()),
            strict=False,
        )
        triton.serve()


if __name__ == "__main__":
    main()
