"""A stock `docker build` of the exported Dockerfiles makes images that give the same answers."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import private_index, registries
from tests.live import debian_slim
from tests.live.conftest import DockerEngine
from tests.scenarios.conftest import App, free_port

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
SECRET = "S3cr3t-of-the-private-index"
KEPT = "odd/wheels"
ODD = {
    "QUOTES": "a \"b\" 'c' $HOME ${HOME} \\n # x `id`",
    "LINES": 'one\ntwo $HOME\n\n"three"\\',
    "EDGES": "  \\",
    "EMPTY": "",
}
SERVICE = """\
  {name}:
    {base}source: svc
    handler: main:Main
    requirements: requirements.txt
    packages: [hello]
    model: model.bin
    env: {env}
"""
HANDLER = f"""\
import os
import subprocess
from pathlib import Path

import lading_hidden, own

class Main:
    def predict(self, odd: str) -> dict[str, str]:
        here = Path(__file__).parent
        found = (p for p in sorted(here.rglob("*")) if "__pycache__" not in p.parts)
        said = subprocess.run(["hello"], capture_output=True, text=True, check=True)
        return {{
            **{{name: os.environ[name] for name in {sorted(ODD)}}},
            **{{f"file {{p.relative_to(here)}}": oct(p.lstat().st_mode) for p in found}},
            "hello": said.stdout,
            "model": (here / "model.bin").read_text(),
            "odd": (here / "odd" / odd).read_text(),
            "path": os.environ["PATH"],
            "places": f"{{own.__file__}} {{lading_hidden.__file__}}",
            "user": f"{{os.getuid()}} {{os.getcwd()}} {{own.HERE}} {{lading_hidden.HERE}}",
        }}
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    """With names, values and modes that are seldom, and a wheel that no index has."""
    app = App(tmp_path / "odd", free_port(), {"INDEX_TOKEN": SECRET})
    service = app.folder / "svc"
    (service / "odd" / "empty").mkdir(parents=True)
    (service / "main.py").write_text(HANDLER)
    (service / "model.bin").write_text("weights")
    for name in ("new\nline", " -sp ace", "[a]*?", "é"):
        (service / "odd" / name).write_text(name)
    (service / "odd" / "link").symlink_to("../main.py")
    (service / "odd" / "é").chmod(0o600)
    for name, text in private_index.project("own").items():
        path = service / "lib" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return app


def test_docker_builds_images_that_answer_as_ours_do(
    app: App, docker: DockerEngine, tmp_path: Path
) -> None:
    debian_slim.imported(docker, tmp_path)
    packages = tmp_path / "index"
    packages.mkdir()
    private_index.put_wheel(packages, "lading_hidden")
    with (
        private_index.serving(packages, "reader", SECRET) as index,
        registries.running(tmp_path / "registry") as registry,
    ):
        address = index.url.replace("http://", "http://reader:${INDEX_TOKEN}@")
        asked = f"--extra-index-url {address}\nlading_hidden\n./lib\n"
        (app.folder / "svc" / "requirements.txt").write_text(asked)
        known = f"registries: {{'{registry}': {{insecure: true}}}}\n"
        gateway = f"gateway: {{port: {app.port}}}\n"
        plain = f"services:\n{service('plain')}"
        app.settings.write_text(f"app: odd\n{known}{gateway}{plain}")
        app.ok("lock")
        images = {"plain": built(app, docker, "plain")}
        # It has what its wheels were installed by, which need not be installed again.
        docker("tag", kept(docker, tmp_path), f"{registry}/base")
        docker.loaded.append(f"{registry}/base")
        docker("push", f"{registry}/base")
        app.change(plain, plain + service("based", f"base: {registry}/base\n    "))
        app.ok("lock")
        images["based"] = built(app, docker, "based")
        app.up()
        try:
            ours = {name: ask(f"http://127.0.0.1:{app.port}", name) for name in images}
        finally:
            app.lading("down")
    assert {name: answer(docker, image, name) for name, image in images.items()} == ours
    assert {name: ours["plain"][name] for name in ODD} == ODD
    assert "INDEX_TOKEN" not in docker("history", "--no-trunc", images["plain"])


def service(name: str, base: str = "") -> str:
    return SERVICE.format(name=name, base=base, env=json.dumps(ODD))


def built(app: App, docker: DockerEngine, service: str) -> str:
    """The image's name, built as the export says it, for which the umask is no matter."""
    out = app.folder.parent / "out"
    before = os.umask(0o077)
    try:
        said = app.ok("export", "dockerfile", service, "-o", str(out))
    finally:
        os.umask(before)
    command = said.splitlines()[-1].strip()
    for unused in ("netrc,src=$HOME/.netrc", "pip.conf,src=$HOME/.config/pip/pip.conf"):
        assert f" --secret id={unused}" in command
        command = command.replace(f" --secret id={unused}", "")
    assert "--secret id=INDEX_TOKEN,env=INDEX_TOKEN" in command
    index = [
        f"--build-arg {variable}={os.environ[variable]}"
        for variable in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
        if os.environ.get(variable, "").startswith("http")
    ]
    command = command.replace("docker build", " ".join(("docker build --network host", *index)))
    shell(command, docker)
    docker.loaded.append(f"odd/{service}")
    if service == "plain":
        shell(command.replace("--tag odd/plain", f"--target wheels --tag {KEPT}"), docker)
        docker.loaded.append(KEPT)
    return f"odd/{service}"


def kept(docker: DockerEngine, folder: Path) -> str:
    """The stage that saw the secret, and has it not: nobody's image, but a build's cache."""
    archive = folder / "wheels.tar"
    docker("save", "--output", archive, KEPT)
    assert SECRET.encode() not in archive.read_bytes()
    return KEPT


def shell(command: str, docker: DockerEngine) -> None:
    # Debian's own client first: it needs no plugin for BuildKit.
    environ = {**os.environ, "DOCKER_HOST": docker.host, "INDEX_TOKEN": SECRET}
    environ["PATH"] = f"/usr/bin:{environ['PATH']}"
    done = subprocess.run(
        command, shell=True, env=environ, capture_output=True, text=True, timeout=280, check=False
    )
    if done.returncode:
        pytest.fail(f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def answer(docker: DockerEngine, image: str, service: str) -> dict[str, Any]:
    port = free_port()
    docker.run("--publish", f"127.0.0.1:{port}:8080", "--read-only", "--tmpfs", "/tmp", image)
    address = f"http://127.0.0.1:{port}"
    ready(f"{address}/{service}/readyz")
    return ask(address, service)


def ask(address: str, service: str) -> dict[str, Any]:
    given = {"odd": "new\nline"}
    answer = httpx.post(f"{address}/{service}/predict", json=given, timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("not ready within a minute")
