"""What pruning keeps and why, what it removes, and what a crash in its middle leaves."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from io import BufferedReader
from pathlib import Path

import pytest

from lading.errors import ImageNotFound, StoreError
from lading.oci import Artifact, Descriptor, Digest, Image, Index, Reference, media_types
from lading.stores import pruning
from lading.stores.blob_files import BlobFiles
from lading.stores.layout import Layout
from tests.conftest import Images

NAME = Reference("demo/digits")


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


def an_image(images: Images, number: int) -> Image:
    """Its upper layer is its own, its lower one every image's."""
    own = images.layer({"number": str(number).encode()})
    return images.image(images.layer({"lower": b"1"}), own)


def prune(
    store: Layout,
    needed: Mapping[Digest, Sequence[str]],
    forgotten: Iterable[Reference] = (),
) -> pruning.Pruning:
    """As `lading prune` goes about it."""
    with store.alone():
        found = pruning.plan(store, needed, forgotten)
        pruning.remove(store, found)
    return found


def all_of(store: Layout) -> set[Digest]:
    return set(store.blobs.all())


def test_an_empty_store_has_nothing_to_prune(store: Layout) -> None:
    found = prune(store, {})
    assert not found.anything
    assert found.kept == ()


def test_what_lost_its_name_goes_with_what_only_it_had(store: Layout, images: Images) -> None:
    first, second = an_image(images, 1), an_image(images, 2)
    store.write(first, NAME)
    store.write(second, NAME)
    planned = pruning.plan(store, {})
    assert all_of(store) >= set(planned.blobs)
    assert prune(store, {}) == planned
    assert planned.images == (first.digest,)
    assert planned.kept == (pruning.Kept(second.digest, ("is demo/digits:latest",)),)
    shared = first.layers[0].descriptor.digest
    assert set(planned.blobs) == {
        first.digest,
        Digest.of(first.config),
        first.layers[1].descriptor.digest,
    }
    assert store.blobs.has(shared)
    assert planned.size == sum(
        [len(first.manifest), len(first.config), first.layers[1].descriptor.size]
    )
    assert store.unnamed() == []
    with pytest.raises(ImageNotFound):
        store.read(first.digest)
    store.blobs.verify(shared)
    assert store.read(NAME) == second
    assert not pruning.plan(store, {}).anything


def test_what_is_needed_stays_and_it_is_said_why(store: Layout, images: Images) -> None:
    first = an_image(images, 1)
    store.write(first, NAME)
    store.write(an_image(images, 2), NAME)
    needed = {first.digest: ["is revision 1 of digits"]}
    found = prune(store, needed)
    assert found.kept[0] == pruning.Kept(first.digest, ("is revision 1 of digits",))
    assert not found.anything
    assert store.read(first.digest) == first


def test_a_name_that_is_forgotten_keeps_nothing(store: Layout, images: Images) -> None:
    image, other = an_image(images, 1), an_image(images, 2)
    store.write(image, NAME)
    store.write(other, Reference("demo/other"))
    found = prune(store, {}, [NAME])
    assert (found.images, found.names) == ((image.digest,), (NAME,))
    assert [name for name, _ in store.references()] == [Reference("demo/other")]


def test_a_forgotten_name_leaves_an_image_that_is_needed(store: Layout, images: Images) -> None:
    image = an_image(images, 1)
    store.write(image, NAME)
    found = prune(store, {image.digest: ["runs"]}, [NAME])
    assert (found.images, found.names) == ((), (NAME,))
    assert store.read(image.digest) == image
    assert list(store.references()) == []


def test_what_is_attached_goes_and_stays_with_its_image(store: Layout, images: Images) -> None:
    first, second = an_image(images, 1), an_image(images, 2)
    bills = []
    for image in (first, second):
        store.write(image, NAME)
        bill = Artifact.of(image.descriptor, media_types.IN_TOTO, image.manifest)
        signature = Artifact.of(bill.descriptor, "application/vnd.example", image.config)
        bills += [bill, signature]
        store.attach(bill)
        store.attach(signature)
    found = prune(store, {})
    assert found.attached == (bills[0].digest, bills[1].digest)
    assert store.attached(second.digest) == [bills[2]]
    assert store.attached(bills[2].digest) == [bills[3]]
    assert store.attached(first.digest) == []
    assert not store.blobs.has(bills[1].digest)


def test_an_index_keeps_its_images(store: Layout, images: Images) -> None:
    arm = images.image(images.layer({"arm": b"1"}))
    here = an_image(images, 1)
    gone = an_image(images, 2)
    for image in (arm, here, gone):
        store.write(image)
    parts = {"linux/amd64": here.descriptor, "linux/arm64": arm.descriptor}
    index = store.write_index(Index.of(parts), NAME)
    found = prune(store, {})
    assert found.images == (gone.digest,)
    reasons = {one.digest: one.reasons for one in found.kept}
    assert reasons[index] == ("is demo/digits:latest",)
    assert reasons[arm.digest] == (f"is part of {index.short}",)
    assert store.read(arm.digest) == arm


def test_what_an_image_stands_on_stays_with_it(store: Layout, images: Images) -> None:
    layers = [images.layer({str(number): b"1"}) for number in range(3)]
    base, other = images.image(*layers[:2]), images.image(*layers[1:])
    image = images.image(*layers)
    for one in (base, other):
        store.write(one)
    store.write(image, NAME)
    found = prune(store, {})
    assert found.images == (other.digest,)
    assert found.kept[0] == pruning.Kept(base.digest, (f"is what {image.digest.short} stands on",))


def test_what_others_listed_stays(store: Layout, images: Images) -> None:
    store.write(an_image(images, 1), NAME)
    with store.blobs.writer() as writer:
        writer.write(b"a chart")
        chart = writer.commit("application/vnd.example.chart")
    path = store.folder / "index.json"
    entry = Descriptor(chart.media_type, chart.digest, chart.size).to_json()
    text = path.read_text()
    path.write_text(text.replace('"manifests":[', f'"manifests":[{entry!s},'.replace("'", '"')))
    assert not prune(store, {}).anything
    assert store.blobs.has(chart.digest)


def test_blobs_that_nothing_has_go(store: Layout, images: Images) -> None:
    store.write(an_image(images, 1), NAME)
    with store.blobs.writer() as writer:
        writer.write(b"left by a build that was killed")
        left = writer.commit(media_types.LAYER)
    assert prune(store, {}).blobs == (left.digest,)
    assert not store.blobs.has(left.digest)


def test_nothing_is_pruned_while_a_build_writes(store: Layout, images: Images) -> None:
    store.write(an_image(images, 1), NAME)
    with store.shared(), store.shared():
        with pytest.raises(StoreError) as caught:
            prune(store, {}, [NAME])
        # What is in the making has no name yet, and may be written meanwhile.
        store.write(an_image(images, 2))
    assert str(caught.value) == (
        f"{store.folder}: is in use by a build, a pull or a start; try again once it is done"
    )
    assert len(prune(store, {}, [NAME]).images) == 2


class Unreadable(BlobFiles):
    """A disk that fails to give one of its blobs."""

    failing: Digest

    def open(self, digest: Digest) -> BufferedReader:
        if digest == self.failing:
            raise StoreError("cannot be read", self.where(digest), came="input/output error")
        return super().open(digest)


def test_where_a_manifest_cannot_be_read_nothing_goes(store: Layout, images: Images) -> None:
    image = an_image(images, 1)
    store.write(image, NAME)
    before = all_of(store)
    store._blobs = Unreadable(store.folder)
    store._blobs.failing = image.digest
    with pytest.raises(StoreError, match="input/output error"):
        prune(store, {})
    assert all_of(store) == before


class Killed(BlobFiles):
    """Ends the process before it removes another blob than the first few."""

    left: int

    def remove(self, digest: Digest) -> None:
        if not self.left:
            os._exit(9)
        self.left -= 1
        super().remove(digest)


def test_a_crash_at_any_point_loses_nothing_and_the_next_one_ends_it(
    tmp_path: Path, images: Images
) -> None:
    kept = an_image(images, 3)
    staying = {kept.digest, Digest.of(kept.config), *(x.descriptor.digest for x in kept.layers)}
    for removed in range(7):
        store = Layout(tmp_path / str(removed))
        for number in (1, 2):
            store.write(an_image(images, number), NAME)
        store.write(kept, NAME)
        surplus = all_of(store) - staying
        child = os.fork()
        if not child:
            store._blobs = Killed(store.folder)
            store._blobs.left = removed
            prune(store, {})
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code == (9 if removed < len(surplus) else 0)
        assert store.read(NAME) == kept
        assert store.unnamed() == []
        for layer in kept.layers:
            store.blobs.verify(layer.descriptor.digest)
        assert len(prune(store, {}).blobs) == len(surplus) - removed
        assert all_of(store) == staying
