"""What every store promises of indexes, over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.errors import DamagedBlob, ImageNotFound
from lading.oci import Image, Index, Reference
from lading.oci.platforms import of_this_machine
from lading.stores.layout import Layout
from lading.stores.memory import Memory
from lading.stores.store import Store
from tests.contracts.test_store import NAME, about, damage

OTHER_PLATFORM = "linux/riscv64"


@pytest.fixture(params=["layout", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    yield Layout(tmp_path / "store") if request.param == "layout" else Memory()


def index_of(*platforms: tuple[str, Image]) -> Index:
    return Index.of({name: image.descriptor for name, image in platforms})


@pytest.fixture
def two(store, images) -> tuple[Image, Image]:
    """An image for this machine and one for another, both in the store without a name."""
    mine, other = images.image(), images.image(images.layer({"other": b"3"}))
    store.write(mine)
    store.write(other)
    return mine, other


def test_a_name_of_an_index_reads_as_the_image_of_this_machine(store, two):
    mine, other = two
    index = index_of((OTHER_PLATFORM, other), (of_this_machine(), mine))
    assert store.write_index(index, NAME) == index.digest
    for name in (NAME, index.digest):
        assert store.read(name) == mine
        assert store.index(name) == index
    found = store.index(NAME)
    assert found.manifests == index.manifests
    assert list(store.references()) == [(NAME, mine.digest)]
    if isinstance(store, Layout):
        assert store.unnamed() == []


def test_an_image_is_no_index(store, two):
    mine, _ = two
    store.write(mine, NAME)
    assert store.index(NAME) is None
    assert store.index(mine.digest) is None
    with pytest.raises(ImageNotFound, match=r"no image demo/none:latest; run `lading build`$"):
        store.index(Reference("demo/none"))


def test_an_index_without_this_machine_is_listed_and_cannot_be_read_as_an_image(store, two):
    _, other = two
    index = index_of((OTHER_PLATFORM, other))
    store.write_index(index, NAME)
    assert list(store.references()) == [(NAME, other.digest)]
    here = of_this_machine()
    with pytest.raises(ImageNotFound) as caught:
        store.read(NAME)
    assert str(caught.value) == (
        f"index {index.digest}: no image for {here}: got linux/riscv64; "
        f"run `lading build --platform {here}`"
    )


def test_an_index_of_an_image_that_is_not_there_is_not_kept(store, images, two):
    mine, _ = two
    absent = images.image(images.layer({"absent": b"4"}))
    store.write(mine, NAME)
    index = index_of((of_this_machine(), mine), (OTHER_PLATFORM, absent))
    with pytest.raises(ImageNotFound, match=rf"^no image {absent.digest}; run `lading build`$"):
        store.write_index(index, NAME)
    assert not store.blobs.has(index.digest)
    assert store.index(NAME) is None
    assert store.read(NAME) == mine


def test_a_name_moves_between_an_index_and_an_image(store, two):
    mine, other = two
    index = index_of((of_this_machine(), mine), (OTHER_PLATFORM, other))
    store.write_index(index, NAME)
    store.write(other, NAME)
    assert store.index(NAME) is None
    assert store.read(NAME) == other
    assert store.index(index.digest) == index
    if isinstance(store, Layout):
        assert store.unnamed() == [mine.digest]
    store.write_index(index, NAME)
    assert store.read(NAME) == mine


def test_a_damaged_index_is_listed_and_told_when_it_is_read(store, two):
    mine, _ = two
    index = index_of((of_this_machine(), mine))
    store.write_index(index, NAME)
    damage(store, index.digest, b"{}")
    assert list(store.references()) == [(NAME, index.digest)]
    for read in (store.read, store.index):
        with pytest.raises(DamagedBlob):
            read(NAME)
    store.write_index(index, NAME)
    assert store.read(NAME) == mine


def test_an_index_can_have_something_attached(store, two):
    mine, _ = two
    index = index_of((of_this_machine(), mine))
    store.write_index(index, NAME)
    said = about(index)
    store.attach(said)
    assert store.attached(index.digest) == [said]
    assert store.attached(mine.digest) == []
