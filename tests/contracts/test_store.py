"""What every store promises, over all of them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lading.errors import DamagedBlob, ImageNotFound, StoreError
from lading.oci import Artifact, Digest, Reference, media_types
from lading.stores.layout import Layout
from lading.stores.memory import Memory
from lading.stores.store import Store

NAME = Reference("demo/digits", "1")


@pytest.fixture(params=["layout", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield Layout(tmp_path / "store") if request.param == "layout" else Memory()


def stored(store: Store, content: bytes) -> Digest:
    with store.blobs.writer() as writer:
        assert writer.write(content) == len(content)
        return writer.commit(media_types.LAYER).digest


def damage(store: Store, digest: Digest, content: bytes) -> None:
    if isinstance(store, Memory):
        store.blobs.contents[digest] = content
    else:
        store.blobs.path(digest).write_bytes(content)


def content_of(store: Store, digest: Digest) -> bytes:
    with store.blobs.open(digest) as stream:
        return stream.read()


def test_what_was_written_is_read_by_name_and_by_digest(store, images):
    image = images.image()
    assert store.write(image, NAME) == image.digest
    for name in (NAME, image.digest):
        read = store.read(name)
        assert (read.manifest, read.config, read.layers) == (
            image.manifest,
            image.config,
            image.layers,
        )
        for layer, original in zip(read.layers, image.layers, strict=True):
            with layer.open() as stream, original.open() as expected:
                assert stream.read() == expected.read()


def test_a_layer_can_be_opened_more_than_once(store, images):
    store.write(images.image(), NAME)
    layer = store.read(NAME).layers[0]
    with layer.open() as first, layer.open() as second:
        assert first.read() == second.read() != b""


def test_an_empty_store_has_no_image(store):
    assert list(store.references()) == []
    with pytest.raises(ImageNotFound, match=r"no image demo/digits:1; run `lading build`$"):
        store.read(NAME)
    missing = Digest.of(b"missing")
    with pytest.raises(ImageNotFound, match=rf"^no image {missing}; run `lading build`$"):
        store.read(missing)


def test_names_are_listed_in_order(store, images):
    one, other = images.image(), images.image(images.layer({"other": b"3"}))
    store.write(one, Reference("b", "1"))
    store.write(other, Reference("a", "2"))
    store.write(one, Reference("a", "1"))
    assert list(store.references()) == [
        (Reference("a", "1"), one.digest),
        (Reference("a", "2"), other.digest),
        (Reference("b", "1"), one.digest),
    ]


def test_a_name_that_moves_leaves_the_image_it_pointed_at(store, images):
    one, other = images.image(), images.image(images.layer({"other": b"3"}))
    store.write(one, NAME)
    store.write(other, NAME)
    assert store.read(NAME) == other
    assert store.read(one.digest) == one


def test_an_image_needs_no_name(store, images):
    image = images.image()
    store.write(image)
    assert store.read(image.digest) == image
    assert list(store.references()) == []


def test_layers_that_are_there_are_not_opened(store, images):
    image = images.image()
    store.write(image)

    def refuse() -> io.BytesIO:
        raise OSError("opened")

    closed = tuple(replace(layer, open=refuse) for layer in image.layers)
    store.write(replace(image, layers=closed), NAME)
    assert store.read(NAME) == image


def test_a_layer_that_has_not_its_digest_is_refused_and_not_kept(store, images):
    image = images.image()
    wrong = replace(image.layers[1], open=lambda: io.BytesIO(b"wrong"))
    expected, came = wrong.descriptor.digest, Digest.of(b"wrong")
    with pytest.raises(DamagedBlob) as caught:
        store.write(replace(image, layers=(image.layers[0], wrong)), NAME)
    assert str(caught.value) == (
        f"what was written: the bytes are damaged: expected {expected}, got {came}; "
        "run `lading build` to make it again"
    )
    assert not store.blobs.has(came)
    assert not store.blobs.has(expected)
    assert list(store.references()) == []


def test_what_is_no_image_is_refused(store, images):
    image = images.image()
    with pytest.raises(StoreError, match=r"^image\.layers: count: expected 2, got 1$"):
        store.write(replace(image, layers=image.layers[:1]), NAME)
    assert list(store.references()) == []


@pytest.mark.parametrize("part", ["manifest", "config"])
def test_a_damaged_document_is_noticed_and_mended(store, images, part):
    image = images.image()
    store.write(image, NAME)
    digest = Digest.of(getattr(image, part))
    damage(store, digest, b"{}")
    with pytest.raises(DamagedBlob) as caught:
        store.read(NAME)
    assert str(caught.value) == (
        f"{store.blobs.where(digest)}: the bytes are damaged: expected {digest}, "
        f"got {Digest.of(b'{}')}; run `lading build` to make it again"
    )
    store.write(image, NAME)
    assert store.read(NAME) == image


def test_a_layer_that_is_missing_or_short_is_noticed_and_mended(store, images):
    image = images.image()
    store.write(image, NAME)
    lower, upper = (layer.descriptor for layer in image.layers)
    damage(store, upper.digest, b"short")
    with pytest.raises(DamagedBlob) as caught:
        store.read(NAME)
    assert str(caught.value) == (
        f"{store.blobs.where(upper.digest)}: a layer is damaged: expected {upper.size} bytes, "
        "got 5 bytes; run `lading build` to make it again"
    )
    store.blobs.remove(lower.digest)
    with pytest.raises(DamagedBlob) as caught:
        store.read(NAME)
    assert str(caught.value) == (
        f"{store.blobs.where(lower.digest)}: a layer is missing: expected {lower.size} bytes, "
        "got nothing; run `lading build` to make it again"
    )
    store.write(image, NAME)
    store.read(NAME)
    for layer in image.layers:
        store.blobs.verify(layer.descriptor.digest)


def test_a_layer_is_no_image(store):
    digest = stored(store, b"a layer")
    with pytest.raises(StoreError, match=r'^manifest: not JSON: got "a layer"$'):
        store.read(digest)
    large = stored(store, bytes(4 * 1024**2 + 1))
    with pytest.raises(
        StoreError,
        match=r"expected a document of at most 4194304 bytes, got 4194305 bytes$",
    ):
        store.read(large)


def test_a_blob_is_written_in_pieces_and_described(store):
    with store.blobs.writer() as writer:
        for piece in (b"one ", memoryview(b"two "), bytearray(b"three")):
            writer.write(piece)
        descriptor = writer.commit(media_types.LAYER_ZSTD)
    assert descriptor.digest == Digest.of(b"one two three")
    assert (descriptor.media_type, descriptor.size) == (media_types.LAYER_ZSTD, 13)
    assert content_of(store, descriptor.digest) == b"one two three"
    assert store.blobs.size(descriptor.digest) == 13
    store.blobs.verify(descriptor.digest)


def test_a_blob_that_was_not_committed_is_not_kept(store):
    with store.blobs.writer() as writer:
        writer.write(b"never")
    assert not store.blobs.has(Digest.of(b"never"))


def test_a_damaged_blob_is_told_by_its_digest_and_mended_by_writing_it_again(store):
    digest = stored(store, b"whole")
    damage(store, digest, b"wholE")
    with pytest.raises(DamagedBlob) as caught:
        store.blobs.verify(digest)
    assert (caught.value.expected, caught.value.came) == (str(digest), str(Digest.of(b"wholE")))
    assert stored(store, b"whole") == digest
    store.blobs.verify(digest)


def test_a_blob_that_is_not_there_is_said_to_be_missing(store):
    digest = stored(store, b"here")
    store.blobs.remove(digest)
    store.blobs.remove(digest)
    assert (store.blobs.has(digest), store.blobs.size(digest)) == (False, None)
    for read in (store.blobs.open, store.blobs.verify):
        with pytest.raises(StoreError) as caught:
            read(digest)
        assert str(caught.value) == (
            f"{store.blobs.where(digest)}: no blob {digest}; run `lading build` to make it again"
        )


def test_who_has_a_blob_open_reads_on_when_it_is_removed(store):
    digest = stored(store, b"here")
    with store.blobs.open(digest) as stream:
        store.blobs.remove(digest)
        assert stream.read() == b"here"


def test_blobs_are_written_side_by_side(store):
    contents = [bytes([number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=stored, args=(store, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for content in contents:
        assert content_of(store, Digest.of(content)) == content


def about(image, content: bytes = b'{"a":1}') -> Artifact:
    return Artifact.of(image.descriptor, media_types.IN_TOTO, content, {"a.b": "c"})


def test_what_is_attached_to_an_image_is_found_by_the_image(store, images):
    image, other = images.image(), images.image(User="other")
    store.write(image, NAME)
    store.write(other)
    first, second = about(image), about(image, b'{"b":2}')
    assert [store.attach(one) for one in (first, second, first)] == [
        first.digest,
        second.digest,
        first.digest,
    ]
    found = store.attached(image.digest)
    assert found == [first, second]
    assert [one.content for one in found] == [b'{"a":1}', b'{"b":2}']
    assert (found[0].artifact_type, found[0].annotations) == (media_types.IN_TOTO, {"a.b": "c"})
    assert found[0].subject == image.descriptor
    assert store.attached(other.digest) == []


def test_what_is_attached_is_no_image(store, images):
    image = images.image()
    store.write(image, NAME)
    store.attach(about(image))
    assert list(store.references()) == [(NAME, image.digest)]
    if isinstance(store, Layout):
        assert store.unnamed() == []


def test_nothing_is_attached_to_an_image_that_is_not_there(store, images):
    image = images.image()
    with pytest.raises(ImageNotFound, match=f"no image {image.digest} to attach anything to"):
        store.attach(about(image))
    assert not store.blobs.has(about(image).digest)


def test_what_is_detached_is_found_no_more_and_may_be_attached_again(store, images):
    image = images.image()
    store.write(image, NAME)
    first, second = about(image), about(image, b'{"b":2}')
    store.attach(first)
    store.detach(second)
    store.attach(second)
    store.detach(first)
    assert store.attached(image.digest) == [second]
    assert store.read(NAME) == image
    store.attach(first)
    assert store.attached(image.digest) == [second, first]


def test_damage_to_what_is_attached_is_found_when_it_is_read(store, images):
    image = images.image()
    store.write(image, NAME)
    artifact = about(image)
    store.attach(artifact)
    damage(store, Digest.of(artifact.content), b'{"a":2}')
    with pytest.raises(DamagedBlob):
        store.attached(image.digest)
