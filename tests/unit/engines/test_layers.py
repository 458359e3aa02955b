from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest

from lading.engines.embedded.layers import Layers
from lading.engines.embedded.unpack import Ownership
from lading.errors import DamagedBlob
from lading.oci import Digest, media_types
from lading.stores.memory import Memory

PLAIN = Ownership(keep=False, opaque="user.overlay.opaque")
KINDS = [media_types.LAYER, media_types.LAYER_GZIP, media_types.LAYER_ZSTD]


@pytest.mark.parametrize("kind", KINDS)
def test_each_compression_is_unpacked_lowest_first(images, tmp_path, kind):
    image = images.image(images.layer({"a": b"1"}, kind), images.layer({"b": b"2"}, kind))
    folders = Layers(tmp_path / "layers", PLAIN, Memory().blobs).of(image)
    assert [[x.name for x in folder.iterdir()] for folder in folders] == [["a"], ["b"]]


def test_a_layer_is_unpacked_once(images, tmp_path):
    opened = []
    layer = images.layer({"a": b"1"})
    counted = replace(layer, open=lambda: opened.append(1) or layer.open())
    image = images.image(counted)
    object.__setattr__(image, "layers", (counted,))
    layers = Layers(tmp_path / "layers", PLAIN, Memory().blobs)
    threads = [threading.Thread(target=layers.of, args=(image,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_layer_is_refused_leaves_nothing_and_is_forgotten(images, tmp_path, kind):
    layer = images.layer({"a": b"1" * 1000}, kind)
    store = Memory()
    store.write(images.image(layer))
    with layer.open() as stream:
        content = bytearray(stream.read())
    content[len(content) // 2] ^= 0xFF
    damaged = replace(layer, open=lambda: io.BytesIO(bytes(content)))
    image = images.image(layer)
    object.__setattr__(image, "layers", (damaged,))
    with pytest.raises(DamagedBlob):
        Layers(tmp_path / "layers", PLAIN, store.blobs).of(image)
    assert [x for x in (tmp_path / "layers").iterdir() if x.is_dir()] == []
    assert not store.blobs.has(layer.descriptor.digest)


def test_another_layers_content_is_refused(images, tmp_path):
    layer = images.layer({"a": b"1"})
    lying = replace(layer, diff_id=Digest.of(b"another"))
    image = images.image(layer)
    object.__setattr__(image, "layers", (lying,))
    with pytest.raises(DamagedBlob, match=str(Digest.of(b"another"))):
        Layers(tmp_path / "layers", PLAIN, Memory().blobs).of(image)


def test_what_a_killed_caller_left_is_made_anew(images, tmp_path):
    image = images.image(images.layer({"a": b"1"}))
    half = tmp_path / "layers" / f".{image.layers[0].diff_id.hex}.half"
    half.mkdir(parents=True)
    (half / "stale").write_text("")
    (folder,) = Layers(tmp_path / "layers", PLAIN, Memory().blobs).of(image)
    assert [x.name for x in folder.iterdir()] == ["a"]
