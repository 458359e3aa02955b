"""In a Python that has torch: this one, or Debian's own with its package python3-torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

SOURCE = Path(__file__).parents[4] / "src"
PYTHONS = (sys.executable, "/usr/bin/python3")

SCRIPT = """
import json, sys
import numpy, torch
from lading_runtime import flavours
from lading_runtime.handlers.handler import HandlerError

class Pair(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(2, 1)
        torch.nn.init.constant_(self.line.weight, 2.0)
        torch.nn.init.constant_(self.line.bias, 1.0)
    def forward(self, left, right, scale: float = 1.0):
        return self.line(left) * scale, torch.softmax(right, 0)

class Needy(torch.nn.Module):
    def forward(self, x, scale: float):
        return x * scale

torch.jit.script(Pair()).save("model.pt")
torch.jit.script(Needy()).save("needy.pt")
handler = flavours.load("torchscript", "model.pt")
ones = numpy.ones(2)
batch = [{"left": numpy.array([[1, 2]]), "right": ones}, {"left": numpy.array([[.5, .5]] * 2), "right": ones}]
answers = handler.predict_batch(batch)
try:
    flavours.load("torchscript", "needy.pt")
except HandlerError as error:
    refused = str(error)
print(json.dumps({
    "names": [p.name for p in handler.signature.parameters],
    "answers": [{k: v.tolist() for k, v in x.items()} for x in answers],
    "platform": handler.facts["platform"],
    "refused": refused,
}))
"""  # noqa: E501


@pytest.fixture
def python(tmp_path: Path) -> list[str]:
    """A Python with torch, and where it finds the runtime and msgspec but nothing else of ours."""
    folder = Path(msgspec.__file__).parent
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / folder.name).symlink_to(folder)
    for python in PYTHONS:
        command = ["env", f"PYTHONPATH={SOURCE}:{tmp_path / 'site'}", python]
        probe = [*command, "-W", "ignore", "-c", "import torch, numpy, msgspec"]
        if not subprocess.run(probe, capture_output=True, check=False).returncode:
            return [*command, "-W", "ignore"]
    pytest.skip("no Python here has torch; Debian's python3-torch would do")


def test_a_script_is_served_by_its_tensors_and_each_request_by_itself(
    tmp_path: Path, python: list[str]
) -> None:
    # A file: torch reads the source of what it compiles.
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [*python, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["names"] == ["left", "right"]
    assert said["answers"] == [
        {"output_0": [[7.0]], "output_1": [0.5, 0.5]},
        {"output_0": [[3.0], [3.0]], "output_1": [0.5, 0.5]},
    ]
    assert said["platform"] == "pytorch_torchscript"
    assert said["refused"] == (
        "needy.pt: forward needs 'scale', a float; give it a default, "
        "or wrap the module in one that takes tensors alone"
    )
