"""A stock Docker Compose runs what Lading exports, and it answers as under `lading up`."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.live.conftest import Compose
from tests.scenarios.conftest import App, free_port

pytestmark = pytest.mark.live

HERE = Path(__file__).with_name("composed")
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/front/predict", {"json": {"text": "one two three"}}),
    ("POST", "/front/predict", {"json": {"txt": "one"}}),
    ("POST", "/words/predict", {"json": {"text": ""}}),
    ("POST", "/words/predict", {"content": b"x" * 10, "headers": {"content-type": "text/plain"}}),
    ("GET", "/front/readyz", {}),
    ("GET", "/words/openapi.json", {}),
    ("GET", "/web/count/a-b-c-d", {}),
    ("GET", "/web/nothing", {}),
    ("GET", "/healthz", {}),
    ("GET", "/nobody/predict", {}),
]


@dataclass
class Composed:
    """The app as Compose runs it, and what it answered under `lading up`."""

    app: App
    compose: Compose
    file: Path
    before: list[Any]

    def answers(self) -> list[Any]:
        return [answered(self.app.port, *request) for request in REQUESTS]

    def services(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self.file.read_text())["services"])

    def containers(self) -> dict[str, Any]:
        """As Docker describes them, by service."""
        ids = self.compose("ps", "--all", "--quiet").split()
        label = "com.docker.compose.service"
        documents = [docker(self.compose, "inspect", one) for one in ids]
        return {one["Config"]["Labels"][label]: one for (one,) in map(json.loads, documents)}


def docker(compose: Compose, *arguments: str) -> str:
    return subprocess.run(
        ["docker", *arguments], env=compose.environ, capture_output=True, text=True, check=True
    ).stdout


def answered(port: int, method: str, path: str, more: dict[str, Any]) -> Any:
    """Status, kind and content of an answer, without what is new in each."""
    url = f"http://127.0.0.1:{port}{path}"
    answer = httpx.request(method, url, timeout=30, trust_env=False, **more)
    kind = answer.headers.get("content-type", "")
    content = answer.json() if "json" in kind else answer.text
    if isinstance(content, dict):
        content.pop("request_id", None)
    return answer.status_code, kind, content


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("compose") / "composed"
    shutil.copytree(HERE, folder)
    app = App(folder, free_port())
    app.change("port: 8080", f"port: {app.port}")
    yield app
    app.lading("down")


@pytest.fixture(scope="module")
def composed(app: App, make_compose: Callable[[Path], Compose]) -> Iterator[Composed]:
    out = app.folder.parent / "out"
    compose = make_compose(out / "compose.yaml")
    app.up()
    before = [answered(app.port, *request) for request in REQUESTS]
    app.ok("down")
    app.ok("export", "compose", "-o", str(out))
    said = docker(compose, "load", "--input", str(out / "images.tar"))
    loaded = [line.removeprefix("Loaded image: ") for line in said.splitlines()]
    try:
        compose("up", "--detach", "--wait")
        yield Composed(app, compose, out / "compose.yaml", before)
    finally:
        compose.run("down", "--volumes", "--timeout", "2")
        docker(compose, "rmi", "--force", *loaded)


def test_compose_takes_the_file_without_a_warning(composed: Composed) -> None:
    done = composed.compose.run("config", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_it_answers_as_under_lading_up(composed: Composed) -> None:
    assert composed.answers() == composed.before
    statuses = [status for status, _, _ in composed.before]
    assert statuses == [200, 422, 200, 415, 200, 200, 200, 404, 200, 404]
    _, _, front = composed.before[0]
    assert front == {
        "words": ["one", "two", "three"], "interfaces": ["lo"], "writes": "OSError"
    }  # fmt: skip
    assert composed.before[6][2] == {"words": 4, "path": "/count/a-b-c-d"}


def test_containers_run_the_images_the_file_names_by_digest(composed: Composed) -> None:
    running = composed.containers()
    named = composed.services()
    assert sorted(running) == sorted(named) == ["front.1", "front.2", "gateway", "web", "words"]
    for name, service in named.items():
        digest = service["image"].partition(":sha256-")[2]
        assert running[name]["Image"] == f"sha256:{digest}"


def test_no_container_may_more_than_it_must(composed: Composed) -> None:
    for name, one in composed.containers().items():
        host = one["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
        assert one["Config"]["User"] == "65532:65532"
        assert one["State"]["Health"]["Status"] == "healthy"
        status = inside(composed, name, "print(open('/proc/self/status').read())")
        said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert (said["CapEff"], said["NoNewPrivs"], said["Seccomp"]) == ("0" * 16, "1", "2")
        devices = inside(composed, name, "print(open('/proc/net/dev').read())").split("\n")[2:]
        has = [line.split(":")[0].strip() for line in devices if line.strip()]
        assert has == (["lo", "eth0"] if name == "gateway" else ["lo"])


def test_a_service_reaches_no_socket_but_its_own_and_the_gateways(composed: Composed) -> None:
    found = "import pathlib; print(sorted(str(x) for x in pathlib.Path('/run').rglob('*.sock')))"
    for name in ("front.1", "words", "web"):
        said = inside(composed, name, found).strip()
        assert said == "['/run/gateway/http.sock', '/run/lading/http.sock']"


@pytest.mark.parametrize("name", ["web", "words"])
def test_a_container_that_ends_comes_back_and_is_found_again(composed: Composed, name: str) -> None:
    before = composed.containers()[name]["State"]["Pid"]
    if name == "web":
        status, _, content = answered(composed.app.port, "POST", "/web/end", {})
        assert (status, content["code"]) == (503, "replica_lost")
    else:
        docker(composed.compose, "restart", "--time", "0", composed.containers()[name]["Id"])
    deadline = time.monotonic() + 30
    while composed.containers()[name]["State"]["Pid"] in (before, 0):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert composed.answers() == composed.before


def test_the_gateway_answers_what_it_has_before_it_ends(composed: Composed) -> None:
    slow = ("POST", "/words/predict", {"json": {"text": "late", "seconds": 3}})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(answered, composed.app.port, *slow)
        time.sleep(1)
        composed.compose("stop", "gateway")
        assert answer.result()[::2] == (200, ["late"])
    with pytest.raises(httpx.ConnectError):
        answered(composed.app.port, "GET", "/healthz", {})
    composed.compose("up", "--detach", "--wait")
    assert composed.answers() == composed.before


def test_exporting_again_gives_the_same_bytes(composed: Composed, tmp_path: Path) -> None:
    composed.app.ok("export", "compose", "-o", str(tmp_path))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["compose.yaml", "images.tar", "seccomp.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (composed.file.parent / name).read_bytes(), name


def test_down_leaves_nothing(composed: Composed) -> None:
    composed.compose("down", "--volumes")
    project = "label=com.docker.compose.project=composed"
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        assert docker(composed.compose, *kind, "--quiet", "--filter", project) == ""


def inside(composed: Composed, service: str, program: str) -> str:
    """What a program says that runs in a container of the app."""
    return composed.compose("exec", "--no-TTY", service, "/usr/bin/python3", "-c", program)
