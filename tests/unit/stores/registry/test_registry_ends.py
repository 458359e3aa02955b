"""What is told of a push that ended well, and what is left of a pull that did not."""

from __future__ import annotations

import pytest

from lading.errors import RegistryError
from lading.oci import Artifact, Index, Reference, assemble
from lading.progress import Silent
from lading.stores import pruning
from lading.stores.layout import Layout
from lading.stores.memory import Memory
from lading.stores.registry import Host, Registries
from tests.unit.stores.registry.talking import PLATFORM, QUICK, place


def pruned(store):
    with store.alone():
        found = pruning.plan(store, {})
        pruning.remove(store, found)
    return found


def test_what_is_sent_about_an_image_is_told_each_time_once(registry, store, image):
    said = []

    class Told(Silent):
        def finish(self, task, note=""):
            said.append(note)

    with Registries({registry.host: Host(insecure=True)}, {}, Told(), QUICK) as there:
        there.push(image.digest, store, place(registry))
        there.push(image.digest, store, place(registry))
        store.attach(Artifact.of(image.descriptor, "text/x", b"more"))
        there.push(image.digest, store, place(registry))
    whole = said[0].partition(" sent")[0]
    assert said == [
        f"{whole} sent, 1 document about it sent",
        f"0 B sent, {whole} there before",
        f"0 B sent, {whole} there before, 1 document about it sent",
    ]


def test_a_pull_that_was_cut_goes_on_and_leaves_nothing_that_prune_does_not_find(
    registry, store, image, tmp_path
):
    mine = Layout(tmp_path / "store")
    small = min(image.layers, key=lambda one: one.descriptor.size).descriptor.digest
    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), QUICK) as there:
        there.push(image.digest, store, place(registry))

        def cut(handler):
            if str(small) not in handler.path or handler.command != "GET":
                return False
            handler.drop()
            return True

        registry.before = cut
        with pytest.raises(RegistryError, match="given up after 4 tries"):
            there.pull(place(registry), mine, PLATFORM)
        assert mine.listed() == []
        left = list(mine.blobs.all())
        assert [digest for digest in left if digest != small] == left
        assert set(pruned(mine).blobs) == set(left)
        assert list(mine.blobs.all()) == []

        registry.before = cut
        with pytest.raises(RegistryError, match="given up after 4 tries"):
            there.pull(place(registry), mine, PLATFORM)
        before = {str(digest) for digest in mine.blobs.all()}
        registry.before = None
        registry.asked.clear()
        assert there.pull(place(registry), mine, PLATFORM) == image
    fetched = {path.rpartition("/")[2] for method, path in registry.asked if method == "GET"}
    assert before and not before & fetched
    mine.write(image, Reference("app/web"))
    assert pruned(mine).blobs == ()


def test_an_image_that_was_pulled_and_got_no_name_goes_with_the_next_pruning(
    registry, store, image, tmp_path
):
    """As one whose signature was refused."""
    mine = Layout(tmp_path / "store")
    with Registries({registry.host: Host(insecure=True)}, {}, Silent(), QUICK) as there:
        there.push(image.digest, store, place(registry))
        there.pull(place(registry), mine, PLATFORM)
    gone = pruned(mine)
    assert gone.images == (image.digest,)
    assert len(gone.attached) == 1
    assert list(mine.blobs.all()) == []


def test_a_tag_of_several_platforms_is_not_taken_from_the_others_by_one_that_was_pulled(
    registry, store, images, opened
):
    amd = images.image()
    config = {**amd.settings, "architecture": "arm64"}
    arm = assemble({x: y for x, y in config.items() if x != "rootfs"}, amd.layers)
    for one in (amd, arm):
        store.write(one)
    index = Index.of({PLATFORM: amd.descriptor, "linux/arm64": arm.descriptor})
    store.write_index(index)
    there = opened(registry)
    there.push(index.digest, store, place(registry))
    pulled = Memory()
    there.pull(place(registry), pulled, PLATFORM)
    assert there.push(amd.digest, pulled, place(registry)).digest == amd.digest
    assert there.resolve(place(registry)) == index.descriptor
    there.push(amd.digest, pulled, place(registry, tag="2"))
    assert there.resolve(place(registry, tag="2")).digest == amd.digest
    other = images.image(images.layer({"other": b"1"}))
    store.write(other)
    there.push(other.digest, store, place(registry))
    assert there.resolve(place(registry)).digest == other.digest
