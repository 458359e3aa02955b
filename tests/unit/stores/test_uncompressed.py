import io
from dataclasses import replace

import pytest
import zstandard

from lading.errors import DamagedBlob, StoreError
from lading.oci import Descriptor, Digest, Layer, media_types, validate
from lading.stores.uncompressed import open_tar, tar_of, uncompressed

KINDS = [media_types.LAYER, media_types.LAYER_GZIP, media_types.LAYER_ZSTD]


def with_bytes(layer, stored):
    """`layer`, stored as other bytes under the same diff ID."""
    descriptor = Descriptor.of(layer.descriptor.media_type, stored)
    return replace(layer, descriptor=descriptor, open=lambda: io.BytesIO(stored))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_is_read_as_the_tar_it_was(images, kind):
    layer = images.layer({"a": b"1" * 3_000_000}, kind)
    with open_tar(layer) as stream:
        tar = stream.read()
    assert Digest.of(tar) == layer.diff_id
    assert len(tar) > 3_000_000


def test_a_layer_of_several_zstd_frames_is_read_to_its_end():
    tar = b"one" * 1000 + b"two" * 1000
    compress = zstandard.ZstdCompressor().compress
    frames = compress(tar[:3000]) + compress(tar[3000:])
    layer = Layer(
        Descriptor.of(media_types.LAYER_ZSTD, frames), Digest.of(tar), lambda: io.BytesIO(frames)
    )
    with open_tar(layer) as stream:
        assert stream.read() == tar


@pytest.mark.parametrize("kind", KINDS)
def test_another_content_is_noticed_by_its_diff_id(images, kind):
    expected, other = images.layer({"a": b"1"}, kind), images.layer({"a": b"2"}, kind)
    with other.open() as stream:
        layer = with_bytes(expected, stream.read())
    with pytest.raises(DamagedBlob) as caught, tar_of(layer):
        pass
    assert str(caught.value) == (
        f"layer {layer.descriptor.digest} uncompressed: the bytes are damaged: "
        f"expected {expected.diff_id}, got {other.diff_id}; run `lading build` to make it again"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_that_was_cut_off_is_noticed(images, kind):
    layer = images.layer({"a": bytes(range(256)) * 5000}, kind)
    with layer.open() as stream:
        cut = with_bytes(layer, stream.read()[:-100])
    with pytest.raises(DamagedBlob), tar_of(cut) as stream:
        stream.read(1)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_what_cannot_be_decompressed_is_damaged(images, kind):
    layer = with_bytes(images.layer({"a": b"1"}, kind), b"not compressed at all")
    with pytest.raises(DamagedBlob) as caught, tar_of(layer):
        pass
    assert caught.value.where == f"layer {layer.descriptor.digest}"
    assert (caught.value.problem, caught.value.expected) == ("cannot be decompressed", kind)


def test_an_unknown_kind_is_refused_and_its_file_closed(images):
    opened = io.BytesIO(b"x")
    layer = images.layer({"a": b"1"})
    odd = Layer(Descriptor.of("application/x-odd", b"x"), layer.diff_id, lambda: opened)
    with pytest.raises(StoreError) as caught:
        open_tar(odd)
    assert str(caught.value) == (
        f"layer {odd.descriptor.digest}: cannot be decompressed: "
        "expected a plain, gzip or zstd tar, got application/x-odd"
    )
    assert opened.closed


def test_an_uncompressed_image_is_valid_and_keeps_its_config_and_annotations(images):
    image = images.image(*(images.layer({kind[-4:]: b"1"}, kind) for kind in KINDS))
    plain = uncompressed(image)
    validate.check(plain)
    assert plain.config == image.config
    assert b"org.example.note" in plain.manifest
    for layer in plain.layers:
        with layer.open() as stream:
            content = stream.read()
        assert layer.descriptor == Descriptor.of(media_types.LAYER, content)
