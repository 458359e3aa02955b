"""Building on images of others, and running them as they are: the whole way from a registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.registry_server import Registry, serving
from tests.scenarios import based
from tests.scenarios.conftest import HOME, App

_HANDLER = """\
import os
import sys
from importlib.metadata import version


class Probe:
    def predict(self, action: str) -> dict[str, str]:
        import six
        import theirs

        return {
            "six": f"{six.__version__} {version('six')}",
            "theirs": theirs.NAME,
            "started": sys.executable,
            "path": os.environ["PATH"],
            "said": os.environ["SAID_BY"],
            "user": f"{os.getuid()} {os.environ['HOME']}",
            "hidden": str(os.path.exists("/etc/timezone")),
        }
"""
_SETTINGS = """\
app: based
registries: {{"{host}": {{insecure: true}}}}
services:
{services}
gateway: {{port: {port}}}
"""


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with serving() as found:
        yield found


@pytest.fixture
def app(make_app: Callable[..., App], registry: Registry) -> Iterator[App]:
    made = make_app("based")
    yield made
    made.lading("down")


def write(app: App, registry: Registry, *services: str) -> None:
    text = "\n".join(f"  {one.replace('HOST', registry.host)}" for one in services)
    app.settings.write_text(_SETTINGS.format(host=registry.host, services=text, port=app.port))


def test_a_service_stands_on_an_image_and_its_locked_packages_win(app, registry) -> None:
    layers = [based.debian(HOME / "cache"), based.virtual()]
    config = {"Env": ["PATH=/opt/venv/bin:/usr/bin:/bin", "SAID_BY=base", "HOME=/root"]}
    digest = based.put(registry, "team/python", "1", layers, {**config, "User": "root"})
    (app.folder / "probe.py").write_text(_HANDLER)
    (app.folder / "requirements.txt").write_text("six==1.17.0\n")
    write(
        app, registry, "probe: {base: HOST/team/python:1, handler: probe:Probe, ignore: ['*.l*']}"
    )
    app.up()
    assert app.ask("tell") == {
        "six": "1.17.0 1.17.0",
        "theirs": "theirs",
        "started": "/opt/venv/bin/python3",
        "path": "/opt/venv/bin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin",
        "said": "base",
        "user": "65532 /tmp",
        "hidden": "False",
    }
    manifest = json.loads(registry.manifests["team/python", digest][1])
    (built,) = app.json("build")
    kept = [layer["digest"] for layer in built["layers"][:2]]
    assert kept == [layer["digest"] for layer in manifest["layers"]]
    assert all(layer["cached"] for layer in built["layers"])


def test_the_lock_pins_the_image_until_it_is_moved_or_another_is_named(app, registry) -> None:
    first = web(registry, "1", "one")
    write(app, registry, "web: {image: HOST/team/web:1, health: /index.html}")
    app.ok("lock")
    assert pinned(app) == first
    second = web(registry, "1", "two")
    app.ok("lock")
    assert pinned(app) == first
    app.ok("lock", "--upgrade")
    assert pinned(app) == second
    app.change("team/web:1", "team/web:2")
    assert app.refused("build") == (
        f"lading: {app.folder}: lading.lock is out of date for web: `image` changed from "
        f"{registry.host}/team/web:1 to {registry.host}/team/web:2; run `lading lock`\n"
    )


def test_an_image_runs_as_it_is_and_moves_with_the_lock(app, registry) -> None:
    digest = web(registry, "1", "one")
    write(app, registry, "web: {image: HOST/team/web:1, health: /index.html, env: {WHO: ada}}")
    app.up()
    url = f"http://127.0.0.1:{app.port}/web"
    assert httpx.get(f"{url}/index.html", trust_env=False).text == "one\n"
    assert httpx.get(f"{url}/who", trust_env=False).text == "ada 4321\n"
    assert app.replica("web")["image"] == digest
    assert [one["digest"] for one in app.json("images")["images"]] == [digest]
    assert "1 unchanged: web" in app.ok("up", "--dry-run")
    second = web(registry, "1", "two")
    app.ok("lock", "--upgrade")
    assert f"image: {digest[7:19]} → {second[7:19]}" in app.ok("up", "--dry-run")
    app.ok("up", "-d")
    assert httpx.get(f"{url}/index.html", trust_env=False).text == "two\n"
    assert app.replica("web")["image"] == second


def test_an_image_of_root_runs_only_as_somebody_else(app, registry) -> None:
    web(registry, "root", "one", user="root")
    write(app, registry, "web: {image: HOST/team/web:root, health: /index.html}")
    app.ok("lock")
    assert app.refused("up", "-d").splitlines()[-1] == (
        "lading: services.web.image: its image runs as root, which no container here may: got "
        f'{registry.host}/team/web:root; name whom it is to run as: `user: "1000"`, or one that '
        "it is made for"
    )
    app.change("health:", 'user: "4321", health:')
    done = app.lading("up", "-d")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("services.web: its image exposes 9000, and is asked at port 8000") == 1
    answer = httpx.get(f"http://127.0.0.1:{app.port}/web/who", trust_env=False)
    assert answer.text == "4321\n"


def test_what_cannot_be_stood_on_is_said_when_it_is_locked(app, registry) -> None:
    web(registry, "1", "one")
    write(app, registry, "probe: {base: HOST/team/web:1, handler: probe:Probe}")
    assert app.refused("lock").splitlines()[-1] == (
        f"lading: {registry.host}/team/web:1: the image has no Python that can be used: expected "
        "CPython 3.9 to 3.14, with its standard library, got no python3 in it; take an image with "
        "Python, or make one on top of this one; docs/reference/bases.md tells how"
    )
    assert not (app.folder / "lading.lock").exists()


def pinned(app: App) -> str:
    lock = json.loads((app.folder / "lading.lock").read_text())
    (environment,) = lock["environments"]["web"].values()
    return str(environment["image"]["digest"])


def web(registry: Registry, tag: str, says: str, user: str = "web") -> str:
    """A server in an image without anything else, run by a name that its passwd knows."""
    busybox = shutil.which("busybox")
    assert busybox is not None
    start = (
        "#!/bin/sh\nmkdir -p /srv/made\necho $WHO $(id -u) >/srv/made/who\ncp /www/* /srv/made\n"
    )
    files = {
        "bin/busybox": Path(busybox).read_bytes(),
        "www/index.html": f"{says}\n".encode(),
        "etc/passwd": b"root:x:0:0::/:\nweb:x:4321:4321::/:\n",
        "start": f"{start}exec httpd -f -p 8000 -h /srv/made\n".encode(),
    }
    applets = ("sh", "mkdir", "id", "cp", "httpd")
    links = {f"bin/{name}": "busybox" for name in applets}
    exposed = {f"{9000 if user == 'root' else 8000}/tcp": {}}
    config = {"User": user, "Cmd": ["/start"], "Env": ["PATH=/bin"], "ExposedPorts": exposed}
    layers = [based.open_folder("srv"), based.packed(files, links)]
    return based.put(registry, "team/web", tag, layers, config)
