"""The workflow that `lading ci` writes: its own steps, run one after another."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests import daemons, registries
from tests.scenarios.conftest import HOME, LADING, App

pytestmark = pytest.mark.live
PASSWORD = "of the key"
FROM = ("--lading", "vendor/lading.whl")


@pytest.fixture
def app(make_app: Callable[..., App]) -> App:
    """In a repository, and locked."""
    app = make_app("piped")
    app.ok("lock")
    git(app.folder, "init", "--quiet")
    commit(app.folder)
    return app


def git(folder: Path, *arguments: str) -> None:
    ada = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *ada, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "as it is")


def steps(app: App) -> dict[str, dict[str, Any]]:
    """Those of the workflow that run something here, by name."""
    (path,) = (app.folder / ".github/workflows").iterdir()
    steps = yaml.safe_load(path.read_text())["jobs"]["image"]["steps"]
    return {one["name"]: one for one in steps if "run" in one and one["name"] != "Install Lading"}


def run(app: App, step: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """What a step printed, run by the shell that GitHub runs it by."""
    given = {name: value for name, value in step.get("env", {}).items() if "${{" not in value}
    asked = {name: secrets[name] for name in step.get("env", {}) if name in secrets}
    environ = {
        **os.environ,
        "PATH": f"{LADING.parent}:{os.environ['PATH']}",
        "LADING_HOME": str(HOME),
        "DOCKER_HOST": daemons.need("docker").host,
        "GITHUB_SHA": "0a1b2c",
        **given,
        **asked,
    }
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(
        command, cwd=app.folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{step['name']}: {done.stdout}\n{done.stderr}"
    return done.stdout


def test_its_steps_ship_a_signed_image(app: App, tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    passwords = tmp_path / "registry" / "htpasswd"
    passwords.write_text(registries.HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: tests, path: {passwords}}}}}"
    with registries.running(tmp_path / "registry", auth) as host:
        more = f"registry: {host}/team\nregistries: {{'{host}': {{insecure: true}}}}\n"
        app.settings.write_text(app.settings.read_text() + more)
        app.ok("ci", "github", *FROM, "--test", f"curl -fsS localhost:{app.port}/probe/readyz")
        commit(app.folder)
        key = app.lading("keygen", str(tmp_path / "ci"), COSIGN_PASSWORD=PASSWORD)
        assert key.returncode == 0, key.stderr
        secrets = {
            "LADING_SIGNING_KEY": (tmp_path / "ci.key").read_text(),
            "COSIGN_PASSWORD": PASSWORD,
            "LADING_REGISTRY_USER": registries.USER,
            "LADING_REGISTRY_PASSWORD": registries.PASSWORD,
        }
        said = {name: run(app, step, secrets) for name, step in steps(app).items()}
        assert list(said) == ["Lock", "Build", "Verify", "Test", "Stop", "Sign", "Push"]
        assert "lading.lock: unchanged" in said["Lock"]
        tags = httpx.get(
            f"http://{host}/v2/team/piped/probe/tags/list",
            auth=(registries.USER, registries.PASSWORD),
            trust_env=False,
        ).json()["tags"]
        assert {"0a1b2c", "latest"} <= set(tags)
        checked = app.ok("verify", "--signatures", "--key", str(tmp_path / "ci.pub"))
        assert "probe" in checked


def test_a_commit_without_a_lock_stops_it(app: App) -> None:
    app.ok("ci", "github", *FROM)
    git(app.folder, "rm", "--quiet", "--cached", "lading.lock")
    git(app.folder, "commit", "--quiet", "--message", "forgotten")
    with pytest.raises(AssertionError, match=r"fatal: path 'lading\.lock' .*"):
        run(app, steps(app)["Lock"], {})


def test_a_lock_that_is_not_the_commits_stops_it(app: App) -> None:
    app.ok("ci", "github", *FROM)
    app.change("handler: probe:Probe", "handler: probe:Probe\n    packages: [hello]")
    with pytest.raises(AssertionError, match=r"Lock: lading\.lock: written"):
        run(app, steps(app)["Lock"], {})
