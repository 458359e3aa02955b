from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from lading.building.layers import blob, cache
from lading.building.layers.blob import Blob
from lading.building.layers.cache import LayerCache
from lading.building.layers.entry import file
from lading.stores.layout import Layout


@pytest.fixture
def layers(tmp_path: Path, store: Layout) -> LayerCache:
    return LayerCache(tmp_path / "cache", store)


@pytest.fixture
def made(layers: LayerCache, store: Layout) -> Blob:
    made = blob.compressed(store, [file("a", b"content" * 100)], lambda _: None)
    layers.keep("key", made)
    return made


def test_a_layer_is_found_by_its_key(layers: LayerCache, made: Blob) -> None:
    assert layers.find("key") == made
    assert layers.find("other") is None


def test_a_layer_whose_blob_is_gone_is_not_found(layers: LayerCache, made: Blob) -> None:
    layers.store.blobs.remove(made.descriptor.digest)
    assert layers.find("key") is None


def test_a_blob_cut_short_is_noticed_each_time(layers: LayerCache, made: Blob) -> None:
    path = layers.store.blobs.path(made.descriptor.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    assert layers.find("key") is None


@pytest.mark.parametrize("damage", [b"", b"null", b"{}", b'{"descriptor": 1, "unpackedSize": 2}'])
def test_a_damaged_record_is_no_record(layers: LayerCache, made: Blob, damage: bytes) -> None:
    assert layers.find("key") == made
    (layers.folder / "layers/key.json").write_bytes(damage)
    assert layers.find("key") is None


def test_keys_differ_where_inputs_do() -> None:
    keys = {cache.key("a", ["b", "c"]), cache.key("a", ["bc"]), cache.key("b", ["b", "c"])}
    assert len(keys) == 3


def test_the_compressor_is_the_one_that_keys_name() -> None:
    assert version("zstandard") == blob.ZSTANDARD
