"""The same lock and source give the same bytes, whoever builds them, where and when."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.scenarios.conftest import HOME, App


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """With a wheel with compiled code, Debian packages beyond the base, and a model."""
    app = make_app("same")
    (app.folder / "requirements.txt").write_text("markupsafe==3.0.2\nsix==1.17.0\n")
    (app.folder / "weights.bin").write_bytes(os.urandom(100_000))
    app.change("    resources:", "    packages: [jq]\n    model: weights.bin\n    resources:")
    app.ok("lock")
    app.ok("build")
    return app


def blobs(home: Path) -> Mapping[str, bytes]:
    """But for provenances, and the manifests that attach them: they tell who and when."""
    found = (home / "data/store/blobs/sha256").iterdir()
    told = {path.name: path.read_bytes() for path in found}
    varies = b"application/vnd.in-toto+json", b"https://in-toto.io/Statement/v1"
    return {
        name: content
        for name, content in told.items()
        if content[:1] != b"{" or not any(one in content for one in varies)
    }


def digest(app: App) -> str:
    return str(app.json("build")[0]["digest"])


def elsewhere(app: App, folder: Path, **environ: str) -> App:
    """A copy in another folder, with other times on its files, and a home of its own."""
    folder.mkdir(parents=True)
    for path in app.folder.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
            os.utime(folder / path.name, (10**9, 10**9))
    return App(folder, app.port, environ)


def build_in(app: App, *, umask: int = 0o22, prefix: tuple[str, ...] = ()) -> None:
    from tests.scenarios.conftest import LADING

    done = subprocess.run(
        [*prefix, str(LADING), "build"],
        cwd=app.folder,
        env={**os.environ, **app.environ},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_another_folder_umask_zone_language_home_and_clock(app: App, tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        if os.environ.get("CI"):
            pytest.fail("faketime promised, and not installed")
        pytest.skip("faketime not installed: `apt-get install faketime`")
    home = tmp_path / "another home"
    other = elsewhere(
        app,
        tmp_path / "some where" / "deep",
        LADING_HOME=str(home),
        HOME=str(tmp_path / "nobody"),
        TZ="Pacific/Kiritimati",
        LANG="tr_TR.UTF-8",
        LC_ALL="C",
        PYTHONHASHSEED="77",
        SOURCE_DATE_EPOCH="1234567890",
    )
    # Fetched packages are shared, so that the clock does not meet certificates; nothing made is.
    (home / "cache").mkdir(parents=True)
    for name in ("debs",):
        if (HOME / "cache" / name).exists():
            (home / "cache" / name).symlink_to(HOME / "cache" / name)
    build_in(other, umask=0o077, prefix=("faketime", "-f", "+400d"))
    mine, theirs = blobs(HOME), blobs(home)
    assert digest(app) == digest(other)
    for name, content in theirs.items():
        assert mine[name] == content


def test_an_empty_cache_and_a_full_one(app: App, tmp_path: Path) -> None:
    other = elsewhere(app, tmp_path / "cold", LADING_HOME=str(tmp_path / "home"))
    assert digest(other) == digest(app)
    assert digest(other) == digest(app)
    shutil.rmtree(tmp_path / "home" / "cache")
    assert digest(other) == digest(app)


def test_a_damaged_blob_is_noticed_and_made_again(app: App) -> None:
    (built,) = app.json("build")
    layer = next(layer for layer in built["layers"] if layer["kind"] == "code")
    path = HOME / "data/store/blobs" / layer["digest"].replace(":", "/")
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good[:-7])
    (again,) = app.json("build")
    assert path.read_bytes() == good
    assert again["digest"] == built["digest"]
    assert [x["kind"] for x in again["layers"] if not x["cached"]] == ["code"]


def test_damage_that_no_size_shows_is_noticed_when_a_layer_is_unpacked(
    make_app: Callable[..., App], tmp_path: Path
) -> None:
    app = App((made := make_app("damaged")).folder, made.port, {"LADING_HOME": str(tmp_path)})
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "debs").symlink_to(HOME / "cache" / "debs")
    app.ok("lock")
    (built,) = app.json("build")
    layer = next(layer for layer in built["layers"] if layer["kind"] == "runtime")
    path = tmp_path / "data/store/blobs" / layer["digest"].replace(":", "/")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)
    said = app.refused("up", "-d")
    assert path.name in said
    assert "run `lading build`" in said
    app.ok("up", "-d")
    assert app.ask("echo", text="mended") == "1:mended"
    app.ok("down")


def test_a_change_of_code_makes_the_code_layer_alone(app: App) -> None:
    app.change("VERSION = 1", "VERSION = 3", "probe.py")
    (built,) = app.json("build")
    assert [layer["kind"] for layer in built["layers"] if not layer["cached"]] == ["code"]


def test_layers_lie_in_their_order(app: App) -> None:
    (built,) = app.json("build")
    kinds = list(dict.fromkeys(layer["kind"] for layer in built["layers"]))
    assert kinds == ["base", "runtime", "packages", "wheels", "model", "code"]
