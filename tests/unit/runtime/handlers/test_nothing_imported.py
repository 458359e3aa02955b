"""Packages of the user's are imported by the user's code alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[4] / "src"
SCRIPT = """
import sys
from lading_runtime.call import Call, Operation
from lading_runtime.dataplane.plane import DataPlane
from lading_runtime.handlers.loading import handler_of

def predict(number: int) -> object:
    return {"number": number, "raw": b"x"}

plane = DataPlane("s", handler_of("m:predict", predict))
headers = {"accept": "application/x-npy, image/png"}
call = Call(1, Operation.PREDICT, "r", 0.0, headers, memoryview(b'{"number": 1}'))
plane.write(predict(**plane.read(call)), call)
plane.describe()
packages = {"numpy", "pandas", "PIL", "pydantic", "annotated_types", "pyarrow", "sklearn"}
print(sorted(packages & sys.modules.keys()))
"""


def test_a_plain_handler_brings_none_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SOURCES)},
    )  # fmt: skip
    assert done.stdout == "[]\n"
