from __future__ import annotations

from dataclasses import replace

import pytest

from lading.building.layers.blob import Blob
from lading.building.layers.claims import Claim
from lading.building.layers.wanted import LayerKind, Wanted
from lading.oci import Descriptor, Image
from lading.oci.annotations import UNPACKED


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


def claim(image, *keys):
    pairs = zip(image.layers, keys, strict=True)
    return Claim(image, {one.descriptor.digest: frozenset({key}) for one, key in pairs})


def wanted(*keys):
    return [
        (Wanted(LayerKind.CODE, "x", lambda key=key: key, lambda _: None), None) for key in keys
    ]


def test_what_is_missing_is_taken_at_the_height_that_it_has_in_the_image(image):
    layers = claim(image, "a", "b").completed(wanted("a", "b"))
    assert [blob.descriptor.digest for _, blob in layers] == [
        one.descriptor.digest for one in image.layers
    ]
    assert layers[1][1].descriptor.annotations == {}
    assert (layers[1][1].diff_id, layers[1][1].unpacked_size) == (image.layers[1].diff_id, 10240)


@pytest.mark.parametrize("keys", [("b", "a"), ("a", "c"), ("a",), ("a", "b", "c"), ("a", None)])
def test_a_claim_that_does_not_say_it_of_each_layer_says_nothing(image, keys):
    assert claim(image, "a", "b").completed(wanted(*keys)) is None


def test_what_was_made_here_is_not_replaced(image):
    own = Blob(Descriptor.of("", b"own"), image.layers[0].diff_id, 1)
    layers = [(wanted("a")[0][0], own), *wanted("b")]
    assert claim(image, "forged", "b").completed(layers)[0][1] is own


def test_what_is_not_known_before_a_large_file_is_read_may_still_be_so(image):
    said = claim(image, "a", "b")
    assert said.may_complete(wanted("a", None))
    assert not said.may_complete(wanted("c", None))
    assert not said.may_complete(wanted("a"))


def test_a_layer_that_does_not_say_how_large_it_is_unpacked_is_not_taken(images):
    image = images.image()
    assert claim(image, "a", "b").completed(wanted("a", "b")) is None
