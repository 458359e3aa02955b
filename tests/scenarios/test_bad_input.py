"""Mistakes: each is told in words, with what to do, and changes nothing on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.scenarios.conftest import HOME, LADING, App

STEP = "steps: {train: {environment: probe, command: [python3, -c, pass]}}\n"


@pytest.fixture(scope="module")
def locked(make_app: Callable[..., App]) -> App:
    """An app with a good lock, for tests to copy."""
    app = make_app("mistaken")
    app.ok("lock")
    return app


@pytest.fixture
def app(locked: App, tmp_path: Path) -> App:
    folder = tmp_path / "app"
    shutil.copytree(locked.folder, folder)
    return App(folder, locked.port)


def refused_unchanged(app: App, *command: str) -> str:
    before = app.files()
    said = app.refused(*command)
    assert app.files() == before
    return said


def test_an_unknown_key_names_the_line_and_the_nearest(app: App) -> None:
    app.change("    handler:", "    handeler:")
    said = refused_unchanged(app, "build")
    assert "lading.yaml:5: services.probe.handeler" in said
    assert "handler" in said.replace("handeler", "")


def test_a_wrong_type_says_what_was_expected_and_what_came(app: App) -> None:
    app.change(f"port: {app.port}", "port: many")
    said = refused_unchanged(app, "up", "-d")
    assert "lading.yaml:8: gateway.port" in said
    assert "expected" in said
    assert "many" in said


def test_a_feature_that_comes_later_is_named_so(app: App) -> None:
    app.change("    resources:", "    traffic: {new: 10}\n    resources:")
    said = refused_unchanged(app, "build")
    assert "lading.yaml:7: services.probe.traffic: not yet supported" in said


def test_a_handler_that_is_not_there_is_found_before_anything_is_made(app: App) -> None:
    app.change("handler: probe:Probe", "handler: prob:Probe")
    assert "prob.py" in refused_unchanged(app, "build")
    app.change("handler: prob:Probe", "handler: probe:Prob")
    said = refused_unchanged(app, "build")
    assert "Prob" in said
    assert "probe.py" in said


def test_a_handler_that_cannot_be_served_is_named_with_its_line(app: App) -> None:
    text = (app.folder / "probe.py").read_text()
    (app.folder / "probe.py").write_text(f"{text}\n\ndef untyped(image): ...\n")
    app.change("handler: probe:Probe", "handler: probe:untyped")
    said = (
        f"lading: probe.py:{text.count(chr(10)) + 3}: parameter 'image' of predict has no type; "
        "add one, such as 'image: str'\n"
    )
    for command in (["lock"], ["build"], ["up", "-d"]):
        assert refused_unchanged(app, *command) == said


def test_a_model_that_nothing_serves_is_told_both_ways_out(app: App) -> None:
    app.change("handler: probe:Probe", "model: weights.onnx")
    said = refused_unchanged(app, "build")
    assert "`handler: module:Class`" in said
    assert "add `flavour: onnx`" in said


def test_a_lock_with_two_sides_is_not_locked_anew_over_both(app: App) -> None:
    lock = app.folder / "lading.lock"
    lock.write_text(f"<<<<<<< HEAD\n{lock.read_text()}=======\n>>>>>>> other\n")
    said = refused_unchanged(app, "lock")
    assert "lading.lock:1: holds a merge conflict: got <<<<<<< HEAD; take either side" in said


def test_a_flavour_without_its_library_is_refused_when_locking(app: App) -> None:
    app.change("handler: probe:Probe", "model: weights.onnx\n    flavour: onnx")
    (app.folder / "requirements.txt").write_text("six==1.17.0\n")
    assert "out of date for probe: onnxruntime is not in it" in refused_unchanged(app, "build")
    assert "lading: requirements.txt: has no onnxruntime, with which" in refused_unchanged(
        app, "lock"
    )


def test_a_handler_that_raises_on_import_is_told_with_its_error(app: App) -> None:
    text = (app.folder / "probe.py").read_text()
    (app.folder / "probe.py").write_text(text + "\nraise RuntimeError('no weights')\n")
    said = refused_unchanged(app, "up", "-d")
    assert "services.probe: revision" in said
    assert "does not start: exit code 3" in said
    assert "no weights" in said
    assert "the app is not up" in app.refused("ps")


def test_a_requirement_that_does_not_exist(app: App) -> None:
    (app.folder / "requirements.txt").write_text("lading-has-no-such-package-7\n")
    said = refused_unchanged(app, "lock")
    assert "requirements.txt" in said
    assert "lading-has-no-such-package-7" in said


def test_requirements_that_conflict(app: App) -> None:
    (app.folder / "requirements.txt").write_text("httpx==0.28.1\nhttpcore==0.9.0\n")
    said = refused_unchanged(app, "lock")
    assert "httpx" in said
    assert "httpcore" in said


def test_a_requirement_the_servers_own_cannot_live_with(app: App) -> None:
    (app.folder / "requirements.txt").write_text("msgspec==0.5.0\n")
    said = refused_unchanged(app, "lock")
    assert "msgspec" in said


def test_a_debian_package_that_does_not_exist(app: App) -> None:
    app.change("    resources:", "    packages: [tesseract-ocrr]\n    resources:")
    said = refused_unchanged(app, "lock")
    assert "tesseract-ocrr" in said
    assert "bookworm" in said


def test_a_lock_edited_by_hand(app: App) -> None:
    lock = app.folder / "lading.lock"
    text = lock.read_text()
    at = text.index("sha256", len(text) // 2) + 20
    lock.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
    said = refused_unchanged(app, "build")
    assert "lading.lock" in said
    assert "edited" in said
    assert "run `lading lock`" in said


def test_a_lock_that_is_out_of_date(app: App) -> None:
    (app.folder / "requirements.txt").write_text("six\n")
    said = refused_unchanged(app, "build")
    assert "lading.lock is out of date" in said
    assert "run `lading lock`" in said


def test_no_lock(app: App) -> None:
    (app.folder / "lading.lock").unlink()
    said = refused_unchanged(app, "build")
    assert "there is no lading.lock" in said


def test_a_missing_model_says_so(app: App) -> None:
    app.change("    resources:", "    model: model.bin\n    resources:")
    assert "model.bin" in refused_unchanged(app, "build")


@pytest.mark.parametrize("command", [("up", "-d"), ("run", "train")])
def test_no_runc(app: App, tmp_path: Path, command: tuple[str, ...]) -> None:
    """In a mount namespace where runc's place is taken by a file that is no program.

    And without a Docker Engine, which would be named as another way.
    """
    if os.geteuid() != 0:
        pytest.skip("hiding runc needs root")
    app.settings.write_text(app.settings.read_text() + STEP)
    before = app.files()
    (tmp_path / "nothing").touch()
    runc = shutil.which("runc", path="/usr/local/sbin:/usr/sbin:/usr/bin")
    hide = f'mount --bind {tmp_path}/nothing {runc} && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", hide, "sh", str(LADING), *command],
        cwd=app.folder,
        env={**os.environ, "LADING_HOME": str(HOME), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("lading: runc is not installed; run: sudo apt-get install -y runc\n")
    assert app.files() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(app: App, small_disk: Path) -> None:
    """The packages are at hand and the disk for images is small."""
    (small_disk / "cache").symlink_to(HOME / "cache")
    done = app.lading("build", LADING_HOME=str(small_disk))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "the disk is full" in done.stderr
    left = [p for p in (small_disk / "data").rglob("*") if p.is_file()]
    assert not [p for p in left if "blobs" in p.parts and not _is_whole(p)]


def _is_whole(path: Path) -> bool:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest() == path.name


@pytest.fixture(scope="module")
def running(make_app: Callable[..., App]) -> App:
    app = make_app("answering")
    app.change(f"port: {app.port}", f"port: {app.port}, max_body: 1Mi")
    app.up()
    return app


def post(app: App, **arguments: object) -> httpx.Response:
    return httpx.post(app.url(), timeout=30, trust_env=False, **arguments)  # type: ignore[arg-type]


def test_malformed_json_is_400(running: App) -> None:
    answer = post(running, content=b'{"text": ', headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_wrong_field_type_is_422_naming_the_field(running: App) -> None:
    answer = post(running, json={"size": "many"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "size", "expected": "int", "came": "str"}]


def test_a_body_over_the_limit_is_413(running: App) -> None:
    answer = post(running, json={"text": "x" * 2 * 1024**2})
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_a_media_type_nobody_reads_is_415(running: App) -> None:
    answer = post(running, content=b"<x/>", headers={"content-type": "application/xml"})
    assert answer.status_code == 415
