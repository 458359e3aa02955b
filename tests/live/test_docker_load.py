"""A stock Docker Engine loads what Lading archives, and has the same image."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lading.oci import Digest, Reference, media_types
from lading.stores import archive
from lading.stores.layout import Layout

pytestmark = pytest.mark.live

NAME = Reference("lading-test/by-hand", "1")


@pytest.fixture
def stored(tmp_path, images):
    """An image of one layer of each kind, read from a layout."""
    layers = [
        images.layer({"etc/kind": kind.encode(), f"layers/{number}": b"here"}, kind)
        for number, kind in enumerate(
            (media_types.LAYER, media_types.LAYER_GZIP, media_types.LAYER_ZSTD)
        )
    ]
    image = images.image(
        *layers, User="65532", Env=["GREETING=ahoy"], Entrypoint=["/bin/sh"], Labels={"a": "b"}
    )
    layout = Layout(tmp_path / "store")
    layout.write(image, NAME)
    return layout.read(NAME)


@pytest.fixture
def loaded(docker, stored, tmp_path):
    archive.save(stored, NAME, tmp_path / "image.tar")
    return docker.load(tmp_path / "image.tar")


def test_the_engine_has_the_same_image(docker, stored, loaded):
    assert loaded == "lading-test/by-hand:1"
    seen = docker.inspect(loaded)
    assert seen["Id"] == str(Digest.of(stored.config))
    assert seen["RootFS"]["Layers"] == [str(layer.diff_id) for layer in stored.layers]
    assert (seen["Os"], seen["Architecture"]) == ("linux", "amd64")
    config = seen["Config"]
    assert (config["User"], config["Env"]) == ("65532", ["GREETING=ahoy"])
    assert (config["Entrypoint"], config["Labels"]) == (["/bin/sh"], {"a": "b"})


def test_the_engine_unpacks_every_kind_of_layer_in_order(docker, loaded, tmp_path):
    container = docker.create(loaded)
    docker("cp", f"{container}:/etc/kind", tmp_path / "kind")
    docker("cp", f"{container}:/layers", tmp_path)
    assert (tmp_path / "kind").read_text() == media_types.LAYER_ZSTD
    assert sorted(path.name for path in (tmp_path / "layers").iterdir()) == ["0", "1", "2"]


def test_what_the_engine_saves_is_read_back(docker, stored, loaded, tmp_path):
    docker("save", "--output", tmp_path / "saved.tar", loaded)
    read = archive.read(tmp_path / "saved.tar")
    assert read.config == stored.config
    layout = Layout(tmp_path / "again")
    layout.write(read, NAME)
    assert [layer.diff_id for layer in layout.read(NAME).layers] == [
        layer.diff_id for layer in stored.layers
    ]


def static_shell() -> bytes:
    """A program that needs nothing else in an image."""
    path = shutil.which("busybox")
    # ldd fails for what is linked statically.
    if not path or not subprocess.run(["ldd", path], capture_output=True, check=False).returncode:
        missing = pytest.fail if os.environ.get("LADING_TEST_DOCKER") == "1" else pytest.skip
        missing("no static busybox here; `apt-get install busybox-static` brings it")
    return Path(path).read_bytes()


def test_the_engine_runs_the_image(docker, images, tmp_path):
    layer = images.layer({"bin/sh": static_shell()})
    image = images.image(
        layer, User="65532", Entrypoint=["/bin/sh", "-c"], Cmd=["id -u; echo $GREETING"],
        Env=["GREETING=ahoy"],
    )  # fmt: skip
    archive.save(image, NAME, tmp_path / "image.tar")
    container = docker.create("--network", "none", docker.load(tmp_path / "image.tar"))
    assert docker("start", "--attach", container) == "65532\nahoy\n"
