import json
from dataclasses import replace

import pytest

from lading.errors import StoreError
from lading.oci import Digest, Manifest, assemble, media_types, validate


def test_an_assembled_image_is_valid(images):
    image = images.image(User="65532", Env=["PATH=/usr/bin"], ExposedPorts={"8080/tcp": {}})
    validate.check(image)
    assert image.settings["rootfs"]["diff_ids"] == [str(layer.diff_id) for layer in image.layers]
    assert image.descriptor.digest == image.digest == Digest.of(image.manifest)


def test_the_order_in_which_settings_are_given_changes_no_byte(images):
    layers, settings = (images.layer({"a": b"1"}),), {"os": "linux", "architecture": "amd64"}
    backwards = dict(reversed(settings.items()))
    one, other = assemble(settings, layers), assemble(backwards, layers)
    assert (one.manifest, one.config) == (other.manifest, other.config)


def refusal(image):
    with pytest.raises(StoreError) as caught:
        validate.check(image)
    return str(caught.value)


def changed(image, **changes):
    """`image` with another config, and the manifest that fits it."""
    config = json.dumps({**json.loads(image.config), **changes}).encode()
    descriptor = replace(
        Manifest.parse(image.manifest).config, digest=Digest.of(config), size=len(config)
    )
    return remade(replace(image, config=config), config=descriptor)


def remade(image, **changes):
    """`image` with another manifest."""
    return replace(image, manifest=replace(Manifest.parse(image.manifest), **changes).encode())


def test_a_config_that_the_manifest_does_not_name_is_refused(images):
    image = images.image()
    other = replace(image, config=image.config + b" ")
    assert refusal(other) == (
        f"manifest.config.digest: expected {Digest.of(other.config)}, got {Digest.of(image.config)}"
    )


def test_an_artifact_that_is_no_image_is_refused(images):
    image = images.image()
    config = replace(Manifest.parse(image.manifest).config, media_type="application/json")
    assert refusal(remade(image, config=config)) == (
        f"manifest.config.mediaType: expected {media_types.CONFIG}, got application/json"
    )


def test_an_image_without_layers_is_refused(images):
    assert refusal(replace(remade(images.image(), layers=()), layers=())) == (
        "manifest.layers: expected a layer or more, got none"
    )


def test_a_layer_without_a_diff_id_is_refused(images):
    image = images.image()
    rootfs = {"type": "layers", "diff_ids": [str(image.layers[0].diff_id)]}
    assert refusal(changed(image, rootfs=rootfs)) == (
        "config.rootfs.diff_ids: count: expected 2, got 1"
    )


def test_a_layer_that_cannot_be_opened_is_refused(images):
    image = images.image()
    assert refusal(replace(image, layers=image.layers[:1])) == (
        "image.layers: count: expected 2, got 1"
    )


def test_layers_in_another_order_are_refused(images):
    image = images.image()
    lower, upper = image.layers
    assert refusal(replace(image, layers=(upper, lower))) == (
        "manifest.layers[0].digest: "
        f"expected {upper.descriptor.digest}, got {lower.descriptor.digest}"
    )


def test_a_wrong_size_is_refused(images):
    image = images.image()
    lower, upper = Manifest.parse(image.manifest).layers
    assert refusal(remade(image, layers=(lower, replace(upper, size=3)))) == (
        f"manifest.layers[1].size: expected {upper.size}, got 3"
    )


def test_a_wrong_diff_id_is_refused(images):
    image = images.image()
    wrong = replace(image.layers[0], diff_id=Digest.of(b""))
    assert refusal(replace(image, layers=(wrong, image.layers[1]))) == (
        f"config.rootfs.diff_ids[0]: expected {Digest.of(b'')}, got {image.layers[0].diff_id}"
    )


def test_a_layer_of_unknown_media_type_is_refused(images):
    image = images.image()
    lower, upper = image.layers
    odd = replace(upper.descriptor, media_type="application/x-squashfs")
    other = replace(image, layers=(lower, replace(upper, descriptor=odd)))
    assert refusal(remade(other, layers=(lower.descriptor, odd))) == (
        "manifest.layers[1].mediaType: expected one of application/vnd.oci.image.layer.v1.tar, "
        "application/vnd.oci.image.layer.v1.tar+gzip, "
        "application/vnd.oci.image.layer.v1.tar+zstd, got application/x-squashfs"
    )


def test_a_history_must_have_an_entry_for_each_layer(images):
    short = changed(images.image(), history=[{"created_by": "base"}, {"empty_layer": True}])
    assert refusal(short) == (
        "config.history: expected 2 entries without empty_layer, one for each layer, got 1"
    )
