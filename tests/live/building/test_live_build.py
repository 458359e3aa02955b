"""Real images from Debian's archive and PyPI."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uv
import zstandard

from lading.building import lockfile
from lading.building.build import Built, build
from lading.building.lockfile import LockedEnvironment
from lading.building.locking import Places, lock
from lading.building.progress import Silent
from lading.errors import BuildError, StoreError
from lading.oci import Reference
from lading.stores.layout import Layout
from tests.live.building.one_build import recipe

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="locks for linux/amd64"),
]

PROGRAM = Path(__file__).with_name("one_build.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source folder, its lock, and a cache with downloads."""
    folder = tmp_path_factory.mktemp("world")
    source = folder / "source"
    (source / "pkg").mkdir(parents=True)
    text = "import numpy\n\nclass Reader:\n    def predict(self, page: int) -> int: ...\n"
    (source / "reader.py").write_text(text)
    (source / "pkg/__init__.py").write_text("NAMES = {'a', 'b', None}\n")
    (source / "requirements.txt").write_text("numpy\nclick\n")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    (source / ".env").write_text("TOKEN=secret-that-stays-here\n")
    (source / "model.bin").write_bytes(os.urandom(3_000_000))
    cache = folder / "home/cache"
    made = lock([recipe(source).environment], ["linux/amd64"], Places(cache), None, False, Silent())
    lockfile.write(folder / "lading.lock", made)
    return folder


@pytest.fixture(scope="module")
def locked(world: Path) -> LockedEnvironment:
    return lockfile.read(world / "lading.lock").environments["digits"]["linux/amd64"]


def _build(world: Path, locked: LockedEnvironment, home: str = "home") -> Built:
    folder = world / home
    return build(
        recipe(world / "source"), locked, Layout(folder / "store"), folder / "cache", Silent()
    )


@pytest.fixture
def built(world: Path, locked: LockedEnvironment) -> Built:
    return _build(world, locked)


def _uv_cache() -> str:
    command = [uv.find_uv_bin(), "cache", "dir", "--color", "never"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _blobs(store: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (store / "blobs/sha256").iterdir()}


def _members(built: Built) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Every path of every layer, with the layer's kind."""
    for info, layer in zip(built.layers, built.image.layers, strict=True):
        with layer.open() as stored:
            plain = info.kind == "model"
            stream = stored if plain else zstandard.ZstdDecompressor().stream_reader(stored)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    yield info.kind, member


def test_layers_lie_in_order_and_are_made_once(built: Built, world: Path) -> None:
    assert [layer.kind for layer in built.layers] == [
        *("base", "runtime", "wheels", "wheels", "model", "code"),
    ]
    assert [layer.title for layer in built.layers][2:] == [
        *(built.layers[2].title, built.layers[3].title, "model.bin", "4 files"),
    ]
    locked = lockfile.read(world / "lading.lock").environments["digits"]["linux/amd64"]
    again = _build(world, locked)
    assert all(layer.cached for layer in again.layers)
    assert again.image == built.image
    assert Layout(world / "home/store").read(Reference("demo/digits")) == built.image


def test_what_may_not_be_in_an_image_is_not(built: Built) -> None:
    paths = {member.name: kind for kind, member in _members(built)}
    assert paths["app/model.bin"] == "model"
    assert paths["app/reader.py"] == "code"
    assert paths["app/__pycache__/reader.cpython-311.pyc"] == "code"
    assert paths["opt/lading/launch.py"] == "runtime"
    assert not any(path.endswith(("/.env", "/INSTALLER", "/direct_url.json")) for path in paths)


def test_same_image_from_another_folder_umask_zone_locale_home_and_clock(
    world: Path, built: Built, tmp_path: Path
) -> None:
    source = tmp_path / "quite another/source"
    shutil.copytree(world / "source", source)
    for path in source.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    subprocess.run(["chmod", "-R", "g-rwx,o-rwx", source], check=True)
    # No certificate is valid in that year, so what is downloaded has to be there.
    shutil.copytree(world / "home/cache/debs", tmp_path / "home/cache/debs")
    faketime = ["faketime", "2031-05-06 07:08:09"] if shutil.which("faketime") else []
    done = subprocess.run(
        [
            *("sh", "-c", 'umask 077; exec "$@"', "sh", *faketime),
            *(sys.executable, PROGRAM, world / "lading.lock", source, tmp_path / "home"),
        ],
        env={
            **{k: v for k, v in os.environ.items() if k.startswith(("SSL_", "UV_", "PIP_"))},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}/src:{ROOT}",
            "HOME": str(tmp_path),
            "TZ": "Asia/Kathmandu",
            "LANG": "tr_TR.UTF-8",
            "LC_ALL": "C",
            "UV_CACHE_DIR": _uv_cache(),
            "UV_OFFLINE": "1",
            "PYTHONHASHSEED": "77",
            "SOURCE_DATE_EPOCH": "1234567890",
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"{built.image.digest}\n"
    theirs, ours = _blobs(tmp_path / "home/store"), _blobs(world / "home/store")
    assert theirs == {name: ours[name] for name in theirs}


def test_the_cache_may_be_deleted(world: Path, built: Built, locked: LockedEnvironment) -> None:
    for part in ("layers", "interpreters", "files"):
        shutil.rmtree(world / "home/cache" / part)
    again = _build(world, locked)
    assert again.image == built.image
    assert not any(layer.cached for layer in again.layers)


def test_a_damaged_layer_is_made_again(
    world: Path, built: Built, locked: LockedEnvironment
) -> None:
    blobs = Layout(world / "home/store").blobs
    path = blobs.path(built.layers[2].descriptor.digest)
    path.write_bytes(path.read_bytes()[:-1])
    again = _build(world, locked)
    assert [layer.cached for layer in again.layers] == [True, True, False, True, True, True]
    assert again.image == built.image
    blobs.verify(built.layers[2].descriptor.digest)


def test_a_change_of_code_makes_the_code_layer_alone(
    world: Path, built: Built, locked: LockedEnvironment
) -> None:
    module = world / "source/pkg/__init__.py"
    before = module.read_text()
    try:
        module.write_text("CHANGED = True\n")
        again = _build(world, locked)
    finally:
        module.write_text(before)
    assert [layer.kind for layer in again.layers if not layer.cached] == ["code"]
    assert again.image != built.image


def test_a_syntax_error_names_file_and_line(world: Path, locked: LockedEnvironment) -> None:
    broken = world / "source/broken.py"
    broken.write_text("x = 1\nif x\n    y\n")
    try:
        with pytest.raises(BuildError) as caught:
            _build(world, locked)
    finally:
        broken.unlink()
    assert str(caught.value) == (
        f"{broken}:2: does not compile with Python 3.11: got expected ':'; "
        "mend it, or add the file to `ignore`"
    )


def test_a_build_killed_at_any_moment_leaves_no_half_image(
    world: Path, built: Built, tmp_path: Path
) -> None:
    arguments = [sys.executable, PROGRAM, world / "lading.lock", world / "source", tmp_path]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    (tmp_path / "cache").mkdir()
    shutil.copytree(world / "home/cache/debs", tmp_path / "cache/debs")
    for seconds in (0.3, 0.9, 1.6, 2.4):
        process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        store = Layout(tmp_path / "store")
        for path in (tmp_path / "store/blobs/sha256").glob("*"):
            store.blobs.verify(dataclasses.replace(built.image.digest, hex=path.name))
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{built.image.digest}\n"
    assert list((tmp_path / "cache/unpacked").iterdir()) == []
    assert list((tmp_path / "store/incomplete").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small tmpfs, which only root may")
@pytest.mark.parametrize("part", ["store", "cache"])
def test_a_full_disk_is_said_and_nothing_is_left(
    world: Path, built: Built, tmp_path: Path, locked: LockedEnvironment, part: str
) -> None:
    small = tmp_path / part
    small.mkdir()
    if part == "store":
        shutil.copytree(world / "home/cache/debs", tmp_path / "cache/debs")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", small], check=True)
    try:
        if part == "cache":
            shutil.copytree(world / "home/cache/debs", small / "debs")
        with pytest.raises((BuildError, StoreError)) as caught:
            build(
                recipe(world / "source"),
                locked,
                Layout(tmp_path / "store"),
                tmp_path / "cache",
                Silent(),
            )
        assert "full" in str(caught.value) or "No space left" in str(caught.value)
        assert list(Layout(tmp_path / "store").references()) == []
        assert list((tmp_path / "store").glob("incomplete/*")) == []
        assert list((tmp_path / "cache").glob("unpacked/*")) == []
    finally:
        subprocess.run(["umount", small], check=True)
