"""What layers were made of, as images say it: whose word counts, and whose name gets under it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from lading.bills import claims
from lading.bills.signatures.checking import checks
from lading.bills.signatures.signing import KeySigner, Signing, sign
from lading.bills.signatures.trust import Keys
from lading.building.build import Built
from lading.building.layers.cache import LayerCache
from lading.oci import Artifact, media_types
from tests.unit.bills.built_image import Workshop
from tests.unit.bills.signatures.conftest import NOW, key

OURS = Keys((key("ours").public,))
KEYS = ["base", "wheels", "model", "code"]


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


@pytest.fixture
def built(workshop) -> Built:
    """An image whose layers were made here: the cache knows them."""
    made = workshop.made().built
    layers = LayerCache(workshop.cache, workshop.store)
    from lading.building.layers.blob import Blob

    for one, layer, name in zip(made.layers, made.image.layers, KEYS, strict=True):
        layers.keep(name, Blob(one.descriptor, layer.diff_id, one.unpacked_size))
    named = zip(made.layers, KEYS, strict=True)
    return Built(made.image, tuple(replace(one, key=name) for one, name in named))


def signing(workshop):
    own = partial(claims.is_own, layers=LayerCache(workshop.cache, workshop.store))
    return Signing(workshop.store, KeySigner(key("ours")), "team/ocr", NOW, own)


def said(image, keys=KEYS):
    pairs = zip(image.layers, keys, strict=True)
    return {one.descriptor.digest: frozenset({name}) for one, name in pairs}


def test_a_build_says_it_once_however_often_it_is_done(workshop, built):
    claims.keep(workshop.store, built)
    claims.keep(workshop.store, built)
    (one,) = workshop.store.attached(built.image.digest)
    assert json.loads(one.content)["predicateType"] == "https://lading.io/layers/v1"
    assert one.annotations == {"in-toto.io/predicate-type": "https://lading.io/layers/v1"}
    assert claims.of(workshop.store, built.image).keys == said(built.image)


def test_of_many_versions_of_lading_the_newest_are_kept_with_what_signed_them(workshop, built):
    for number in range(5):
        named = [replace(one, key=f"{one.key} {number}") for one in built.layers]
        claims.keep(workshop.store, Built(built.image, tuple(named)))
        everything = replace(signing(workshop), made_here=lambda _: True)
        sign(everything, built.image.descriptor)
    kept = claims.of(workshop.store, built.image, OURS).keys
    assert kept == claims.of(workshop.store, built.image).keys
    lowest = built.image.layers[0].descriptor.digest
    assert kept[lowest] == {"base 2", "base 3", "base 4"}


def test_where_keys_are_named_only_what_they_signed_counts(workshop, built):
    claims.keep(workshop.store, built)
    assert claims.of(workshop.store, built.image, OURS).keys == {}
    sign(signing(workshop), built.image.descriptor)
    assert claims.of(workshop.store, built.image, OURS).keys == said(built.image)
    theirs = Keys((key("theirs").public,))
    assert claims.of(workshop.store, built.image, theirs).keys == {}


def test_an_older_image_is_not_made_the_build_of_newer_source_by_who_can_attach(workshop, built):
    claims.keep(workshop.store, built)
    sign(signing(workshop), built.image.descriptor)
    forged = claims.statement(built.image, [*KEYS[:3], "code of tomorrow"])
    workshop.store.attach(forged)
    assert claims.of(workshop.store, built.image, OURS).keys == said(built.image)


def test_nobody_signs_what_others_claim(workshop, built):
    claims.keep(workshop.store, built)
    workshop.store.attach(claims.statement(built.image, [*KEYS[:3], "code of tomorrow"]))
    done = sign(signing(workshop), built.image.descriptor)
    assert done.made == ("image", "layers")
    assert claims.of(workshop.store, built.image, OURS).keys == said(built.image)


def test_a_signed_claim_of_another_image_says_nothing(workshop, built):
    claims.keep(workshop.store, built)
    sign(signing(workshop), built.image.descriptor)
    signed = workshop.store.attached(built.image.digest)
    other = workshop.made("x = 2\n").built.image
    for one in signed:
        moved = Artifact.of(other.descriptor, one.artifact_type, one.content, one.annotations)
        workshop.store.attach(moved)
    assert claims.of(workshop.store, other).keys == {}
    assert claims.of(workshop.store, other, OURS).keys == {}


def test_an_unsigned_claim_is_nothing_that_a_check_of_signatures_misses(workshop, built):
    sign(signing(workshop), built.image.descriptor)
    claims.keep(workshop.store, built)
    found = checks(workshop.store, built.image.digest, OURS)
    assert [(one.what, one.holds) for one in found] == [("image", True)]


@pytest.mark.parametrize(
    "predicate",
    [
        "{}",
        '{"layers": 1}',
        '{"layers": [{}]}',
        '{"layers": [{"digest": {"sha256": "x"}, "key": "k"}]}',
        '{"layers": [{"digest": {"sha256": 1}, "key": "k"}]}',
    ],
)
def test_what_cannot_be_read_says_nothing(workshop, built, predicate):
    image = built.image
    content = (
        f'{{"subject": [{{"digest": {{"sha256": "{image.digest.hex}"}}}}], '
        f'"predicateType": "{claims.LAYERS}", "predicate": {predicate}}}'
    )
    workshop.store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, content.encode()))
    assert claims.of(workshop.store, image).keys == {}
