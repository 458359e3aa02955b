"""The oldest and the newest packages that the runtime says it works with, on several Pythons."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import SOURCES, serve
from tests.unit.runtime import interpreters

pytestmark = pytest.mark.live

RUNTIME = SOURCES / "lading_runtime"
UV = Path(sys.executable).parent / "uv"
OCTETS = {"content-type": "application/octet-stream", "accept": "application/octet-stream"}
IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
"""
NEEDS_GRPC = ("grpc_door.refusals", "grpc_door.service")
CASES = [
    ("3.9", "lowest-direct"), ("3.11", "lowest-direct"),
    *((version, "highest") for version in interpreters.VERSIONS),
]  # fmt: skip


def uv(*arguments: str) -> None:
    done = subprocess.run([UV, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"python-{case[0]}-{case[1]}")
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with what the requirements ask for, and numpy, which is a user's."""
    version, resolution = request.param
    found = interpreters.find(version)
    if found is None:
        pytest.skip(f"there is no Python {version} here")
    folder = tmp_path_factory.mktemp("environment")
    uv("venv", "--quiet", "--no-project", "--python", found, str(folder))
    installed = str(folder / "bin/python")
    requirements = str(RUNTIME / "requirements.txt")
    uv("pip", "install", "--quiet", "--only-binary", ":all:", "--resolution", resolution,
       "--python", installed, "--requirements", requirements)  # fmt: skip
    uv("pip", "install", "--quiet", "--only-binary", ":all:", "--python", installed, "numpy")
    return installed


def test_every_module_can_be_imported(python: str) -> None:
    paths = [path.relative_to(SOURCES).with_suffix("") for path in RUNTIME.rglob("*.py")]
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    wanted = [name for name in names if not name.endswith((*NEEDS_GRPC, "__main__", "launch"))]
    assert len(wanted) > 50
    command = [python, "-W", "error", "-c", IMPORT, *sorted(wanted)]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_predictions_and_what_is_wrong_with_them(python: str, tmp_path: Path) -> None:
    with serve(tmp_path, "Reader", python=python) as server, server.client() as client:
        wanted = {"image": "AAAA", "box": {"width": 3}, "when": "2026-01-02T03:04:05Z"}
        answer = client.post("/predict", json=wanted)
        assert (answer.status_code, answer.json()["box"]) == (200, {"width": 3, "label": ""})
        wrong = client.post("/predict", json={"image": "AAAA", "box": {"width": "three"}})
        assert (wrong.status_code, wrong.json()["errors"]) == (
            422, [{"field": "box.width", "expected": "int", "came": "str"}]
        )  # fmt: skip
        form = client.post("/predict", data={"box": '{"width": 4}'}, files={"image": b"12345"})
        assert form.json()["bytes"] == 5
        document = client.get("/openapi.json").json()
        assert document["components"]["schemas"]["Box"]["required"] == ["width"]
        for page in ("/healthz", "/readyz", "/metrics", "/docs"):
            assert client.get(page).status_code == 200
        assert server.exchange(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        assert server.stop() == 0
    assert "raceback" not in server.log()


@pytest.mark.parametrize("attribute", ["batches:Squares", "batches:AsyncSquares"])
def test_batches(python: str, tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute, python=python) as server:

        def one(number: int) -> object:
            with server.client() as client:
                return client.post("/predict", json={"number": number}).json()[0]

        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(one, range(20, 60))) == [number**2 for number in range(20, 60)]
        assert server.stop() == 0


@pytest.mark.parametrize("attribute", ["batches:counts", "batches:counts_async"])
def test_streams(python: str, tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute, python=python) as server, server.client() as client:
        lines = client.post("/predict", json={"to": 100}).text.splitlines()
        assert [int(line[6:]) for line in lines if line] == [*range(100)]
        assert server.stop() == 0


def test_large_bodies(python: str, tmp_path: Path) -> None:
    body = bytes(range(256)) * 12_000
    with serve(tmp_path, "batches:mirror", python=python) as server, server.client() as client:
        for _ in range(3):
            assert client.post("/predict", content=body, headers=OCTETS).content == body
        assert server.stop() == 0


def test_the_open_inference_protocol(python: str, tmp_path: Path) -> None:
    raw = struct.pack("<3f", 1, 2, 3)
    tensor = {"name": "x", "shape": [3], "datatype": "FP32"}
    head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": 12}}]}).encode()
    transport_headers = {"inference-header-content-length": str(len(head))}
    with serve(tmp_path, "inference:doubled", python=python) as server:
        transport = httpx.HTTPTransport(uds=server.socket_path)
        with httpx.Client(transport=transport, base_url="http://h", timeout=20) as client:
            path = "/v2/models/handlers/infer"
            plain = client.post(path, json={"inputs": [{**tensor, "data": [1, 2, 3]}]})
            assert plain.json()["outputs"][0]["data"] == [2, 4, 6]
            binary = client.post(path, content=head + raw, headers=transport_headers)
            assert binary.json()["outputs"][0]["data"] == [2, 4, 6]
            assert client.get("/v2/health/ready").status_code == 200
        assert server.stop() == 0
