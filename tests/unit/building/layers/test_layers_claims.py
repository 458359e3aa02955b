from __future__ import annotations

from dataclasses import replace

import pytest

from lading.building.layers import claims
from lading.building.layers.cache import LayerCache
from lading.oci import Image, Reference
from lading.oci.annotations import UNPACKED
from lading.stores.layout import Layout

NAME = Reference("shop/ranker")


@pytest.fixture
def store(tmp_path):
    return Layout(tmp_path / "store")


@pytest.fixture
def image(images) -> Image:
    """With layers that say how large they are unpacked, as those of a build do."""
    layers = [images.layer({"lower": b"1"}), images.layer({"upper": b"2"})]
    return images.image(
        *(
            replace(one, descriptor=replace(one.descriptor, annotations={UNPACKED: "10240"}))
            for one in layers
        )
    )


def keys(image):
    return {one.descriptor.digest: f"key-{n}" for n, one in enumerate(image.layers)}


def test_layers_of_a_pulled_image_are_found_by_what_it_claims(store, image, tmp_path):
    store.write(image, NAME)
    store.attach(claims.of(image, keys(image)))
    found = LayerCache(tmp_path / "cache", store, NAME).find("key-1")
    assert found is not None
    assert found.descriptor.digest == image.layers[1].descriptor.digest
    assert found.descriptor.annotations == {}
    assert (found.diff_id, found.unpacked_size) == (image.layers[1].diff_id, 10240)


def test_a_claim_counts_for_no_other_image(store, image, images, tmp_path):
    store.write(image, NAME)
    store.attach(claims.of(image, keys(image)))
    assert LayerCache(tmp_path / "cache", store).find("key-1") is None
    other = Reference("shop/other")
    assert LayerCache(tmp_path / "cache", store, other).find("key-1") is None
    store.write(images.image(images.layer({"x": b"3"})), NAME)
    assert LayerCache(tmp_path / "cache", store, NAME).find("key-1") is None


def test_a_claim_of_a_layer_that_the_image_has_not_is_none(store, image, images, tmp_path):
    foreign = images.layer({"evil": b"!"})
    stranger = images.image(foreign)
    store.write(stranger)
    store.write(image, NAME)
    lie = claims.of(replace(stranger, manifest=image.manifest), {foreign.descriptor.digest: "key"})
    assert lie.subject.digest == image.digest
    store.attach(lie)
    assert LayerCache(tmp_path / "cache", store, NAME).find("key") is None


def test_what_is_no_claim_is_passed_over(store, image, tmp_path):
    from lading.oci import Artifact

    store.write(image, NAME)
    for content in (b"", b"[]", b'{"layers": [{"digest": 3}]}'):
        store.attach(Artifact.of(image.descriptor, claims.TYPE, content))
    assert LayerCache(tmp_path / "cache", store, NAME).find("key-1") is None


def test_a_layer_that_is_cut_off_is_made_again(store, image, tmp_path):
    store.write(image, NAME)
    store.attach(claims.of(image, keys(image)))
    store.blobs.path(image.layers[1].descriptor.digest).write_bytes(b"short")
    assert LayerCache(tmp_path / "cache", store, NAME).find("key-1") is None
