"""`python mlserver_folder.py`: writes MLServer's two settings files, then becomes MLServer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main() -> None:
    port, batch = int(os.environ["BENCH_PORT"]), int(os.environ["BENCH_BATCH"])
    server = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": int(os.environ["BENCH_PORT_2"]),
        "metrics_port": int(os.environ["BENCH_PORT_3"]),
        "parallel_workers": int(os.environ["BENCH_WORKERS"]),
        "debug": False,
    }
    model = {
        "name": "digits",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": os.environ["BENCH_MODEL"]},
    }
    if batch > 1:
        model |= {"max_batch_size": batch, "max_batch_time": 0.002}
    Path("settings.json").write_text(json.dumps(server))
    Path("model-settings.json").write_text(json.dumps(model))
    program = str(Path(sys.executable).with_name("mlserver"))
    os.execv(program, [program, "start", "."])


if __name__ == "__main__":
    main()
