"""What images share and what each adds, in bytes that add up to what is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lading.oci import Layer, media_types
from lading.oci.annotations import KIND, TITLE, UNPACKED
from lading.stores.layout import Layout
from lading.stores.sharing import shares


def said(layer: Layer, **annotations: str) -> Layer:
    return replace(layer, descriptor=replace(layer.descriptor, annotations=annotations))


@pytest.fixture
def base(images):
    notes = {KIND: "base", TITLE: "Debian", UNPACKED: "10240"}
    return said(images.layer({"base": b"b" * 5000}), **notes)


@pytest.fixture
def three(images, base):
    """Two of one base, and one that has nothing of theirs."""
    own = [images.layer({name: name.encode()}) for name in ("one", "two", "three")]
    return {
        "one": images.image(base, own[0]),
        "two": images.image(base, own[1]),
        "three": images.image(own[2]),
    }


def test_what_each_adds_is_together_what_a_store_holds(three, tmp_path):
    store = Layout(tmp_path)
    for image in three.values():
        store.write(image)
    found = shares(three)
    assert sum(share.added_size for share in found) == store.blobs.total_size()
    assert sum(share.size for share in found) > store.blobs.total_size()
    assert [share.size for share in found] == [image.size for image in three.values()]


def test_a_shared_layer_is_the_first_ones_to_add_and_nobodys_own(three, base):
    one, two, three_ = shares(three)
    size = base.descriptor.size
    assert (one.shared_size, two.shared_size, three_.shared_size) == (size, size, 0)
    assert (one.added_size, two.added_size) == (one.size, two.size - size)
    assert (one.own_size, two.own_size) == (one.size - size, two.size - size)
    assert three_.own_size == three_.added_size == three_.size


def test_the_order_decides_who_adds_and_nothing_else(three):
    forth = {share.name: share for share in shares(three)}
    back = {share.name: share for share in shares(dict(reversed(three.items())))}
    assert back["two"].added_size == back["two"].size
    for name in three:
        assert replace(forth[name], added_size=0) == replace(back[name], added_size=0)


def test_a_layer_tells_what_it_is_and_who_else_has_it(three, base):
    one, _, three_ = shares(three)
    layer = one.layers[0]
    assert (layer.kind, layer.title, layer.unpacked_size) == ("base", "Debian", 10240)
    assert (layer.digest, layer.size) == (base.descriptor.digest, base.descriptor.size)
    assert [x.also_in for x in one.layers] == ["two", ""]
    assert [(x.kind, x.title, x.unpacked_size, x.also_in) for x in three_.layers] == [
        ("", "", None, "")
    ]


def test_unpacked_sizes_are_told_where_they_are_known_of_every_layer(images, base):
    plain = images.layer({"model": b"m"}, media_types.LAYER)
    other = images.layer({"other": b"o"})
    known, unknown = shares({"a": images.image(base, plain), "b": images.image(base, other)})
    assert known.unpacked_size == 10240 + plain.descriptor.size
    assert unknown.unpacked_size is None


def test_a_layer_that_is_there_twice_counts_once(images, base):
    (share,) = shares({"a": images.image(base, base)})
    assert share.size == share.own_size == share.added_size
    assert share.shared_size == 0


def test_no_images_share_nothing():
    assert shares({}) == []
