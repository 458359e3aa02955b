"""An image is made again and found to be the same; where it is not, the first file is named."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from lading.oci import Descriptor, Digest, Image, Layer, Manifest, Reference, assemble
from lading.stores.layout import Layout
from lading.stores.uncompressed import tar_of
from tests.scenarios.conftest import HOME, App

NAME = Reference("verified/probe")


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """Built. With its downloads, but no more, from what other tests left."""
    app = make_app("verified")
    app.change("    resources:", "    env: {GREETING: hello}\n    resources:")
    app.ok("lock")
    app.ok("build")
    return app


def store(app: App) -> Layout:
    return Layout(Path(app.environ.get("LADING_HOME", HOME)) / "data/store")


def verified(app: App, *arguments: str, code: int) -> dict[str, Any]:
    done = app.lading("verify", "--json", *arguments)
    assert done.returncode == code, done.stderr
    (found,) = json.loads(done.stdout)
    return dict(found)


def with_another_file(image: Image, path: str, content: bytes) -> Image:
    """The image as it would be, had somebody changed a file in its topmost layer."""
    changed = io.BytesIO()
    with (
        tar_of(image.layers[-1]) as stream,
        tarfile.open(fileobj=stream, mode="r|") as before,
        tarfile.open(fileobj=changed, mode="w", format=tarfile.USTAR_FORMAT) as after,
    ):
        for member in before:
            old = before.extractfile(member).read() if member.isfile() else b""
            new = content if member.name == path else old
            member.size = len(new)
            after.addfile(member, io.BytesIO(new))
    packed = changed.getvalue()
    stored = zstandard.ZstdCompressor().compress(packed)
    bare = Descriptor.of(image.layers[-1].descriptor.media_type, stored)
    said = Manifest.parse(image.manifest).layers[-1].annotations
    layer = Layer(
        Descriptor(bare.media_type, bare.digest, bare.size, said),
        Digest.of(packed),
        lambda: io.BytesIO(stored),
    )
    settings = {key: value for key, value in image.settings.items() if key != "rootfs"}
    annotations = Manifest.parse(image.manifest).annotations
    return assemble(settings, [*image.layers[:-1], layer], annotations)


def test_what_was_built_is_made_again_byte_for_byte(app: App) -> None:
    digest = store(app).read(NAME).digest
    said = app.ok("verify")
    assert said.startswith(f"probe: the same, {digest}\n  3 layers, made again in ")
    assert store(app).read(NAME).digest == digest


def test_what_somebody_changed_in_an_image_is_named(app: App) -> None:
    mine = store(app).read(NAME)
    text = (app.folder / "probe.py").read_bytes()
    forged = with_another_file(mine, "app/probe.py", text.replace(b"VERSION = 1", b"VERSION = 2"))
    store(app).write(forged)
    found = verified(app, "--image", forged.digest.hex[:12], code=1)
    assert (found["digest"], found["rebuilt"]) == (str(forged.digest), str(mine.digest))
    (layer,) = found["differences"]
    assert (layer["kind"], layer["file_count"]) == ("code", 1)
    (file,) = layer["files"]
    assert file["path"] == "app/probe.py"
    assert [fact["what"] for fact in file["facts"]] == ["content"]
    assert layer["diff"] == ["@@ -13 +13 @@", "-VERSION = 2", "+VERSION = 1"]
    assert found["config"] == []


def test_a_source_that_moved_on_is_told_with_its_first_file(app: App) -> None:
    app.change("VERSION = 1", "VERSION = 7", "probe.py")
    app.change("GREETING: hello", "GREETING: a-secret-word")
    (app.folder / "notes.txt").write_text("new\n")
    try:
        done = app.lading("verify", "--trust-uv")
        assert done.returncode == 1, done.stderr
        lines = done.stdout.splitlines()
    finally:
        app.change("VERSION = 7", "VERSION = 1", "probe.py")
        app.change("GREETING: a-secret-word", "GREETING: hello")
        (app.folder / "notes.txt").unlink()
    assert lines[:2] == [
        "probe: NOT the same",
        "  changed since it was built: lading.yaml, the code",
    ]
    assert "  code layer (2 files): /app/notes.txt" in lines
    assert "    a file that the image lacks" in lines
    assert (
        "  2 more files in this layer: /app/probe.py, /app/__pycache__/probe.cpython-311.pyc"
    ) in lines
    assert lines[-1] == "  config: Env GREETING: another value"
    assert "a-secret-word" not in done.stdout + done.stderr


def test_a_layer_that_rotted_in_the_store_is_found(app: App) -> None:
    layer = store(app).read(NAME).layers[-1].descriptor.digest
    path = store(app).blobs.path(layer)
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        said = app.refused("verify")
    finally:
        path.write_bytes(whole)
    assert said.splitlines()[-1].startswith(
        f"lading: {path}: a layer in the store is damaged: expected {layer}, got sha256:"
    )
    assert said.endswith("; delete this file, then run `lading build` to make it again\n")


def test_what_cannot_be_verified_is_said_at_once(app: App, make_app: Callable[..., App]) -> None:
    assert app.refused("verify", "nix", code=2) == (
        "lading: the app has no service or step 'nix': expected one of probe\n"
    )
    assert app.refused("verify", "--image", "abcdef012345", code=2) == (
        "lading: --image: expected one image whose digest begins abcdef012345, got none\n"
    )
    assert app.refused("verify", "--platform", "linux/s390x", code=2) == (
        "lading: --platform: expected linux/amd64 or linux/arm64, got linux/s390x\n"
    )
    assert app.refused("verify", "--platform", "linux/arm64") == (
        "lading: probe linux/arm64: no image for it: got linux/amd64; "
        "run `lading build --platform linux/arm64`\n"
    )
    other = make_app("unverified")
    assert other.refused("verify") == (
        f"lading: {store(other).folder}: no image unverified/probe:latest; run `lading build`\n"
    )
    assert other.refused("verify", "--image", "verified/probe", code=2) == (
        "lading: verified/probe: is no image of this app: expected one of unverified: probe, "
        "got verified/probe\n"
    )
