import json

import pytest

from lading import bills
from lading.bills.bill import PROVENANCE, STATEMENT
from lading.errors import ImageNotFound
from lading.oci import Artifact, Digest, media_types


def statement(image, user="ada", dirty=False, sbom=b""):
    commit = {
        "name": "source",
        "uri": "git+https://git.example.org/digits@refs/heads/main",
        "digest": {"gitCommit": "1" * 40},
        "annotations": {"dirty": dirty, "branch": "main"},
    }
    told = {
        "invocationId": "urn:uuid:1",
        "startedOn": "2026-01-01T00:00:00Z",
        "finishedOn": "2026-01-01T00:00:07Z",
        "lading_user": user,
        "lading_host": "laptop",
    }
    builder = {"id": "https://lading.io/builder/v1", "version": {"lading": "0.1.0"}}
    return json.dumps(
        {
            "_type": STATEMENT,
            "subject": [{"name": "a", "digest": {"sha256": image.digest.hex}}],
            "predicateType": PROVENANCE,
            "predicate": {
                "buildDefinition": {"resolvedDependencies": [commit]},
                "runDetails": {
                    "builder": builder,
                    "metadata": told,
                    "byproducts": [{"digest": {"sha256": Digest.of(sbom).hex}}],
                },
            },
        }
    ).encode()


def test_what_was_attached_is_found_again(store, image):
    bill = bills.Bill(image.descriptor, statement(image), b'{"bomFormat": "CycloneDX"}')
    assert bills.of(store, image.digest) is None
    bills.attach(store, bill)
    assert bills.of(store, image.digest) == bill
    assert bills.of(store, image.digest).components == {"bomFormat": "CycloneDX"}


def test_attached_twice_it_is_there_once(store, image):
    bill = bills.Bill(image.descriptor, statement(image), b"{}")
    assert bills.attach(store, bill) == bills.attach(store, bill)
    assert len(store.attached(image.digest)) == 2


def test_the_newest_bill_counts_and_earlier_ones_are_kept(store, image):
    for user in ("ada", "grace"):
        bills.attach(store, bills.Bill(image.descriptor, statement(image, user), b"{}"))
    assert bills.of(store, image.digest).origin.user == "grace"
    assert [one.origin.user for one in bills.earlier(store, image.digest)] == ["ada", "grace"]
    assert len(store.attached(image.digest)) == 3


def test_the_origin_is_read_from_the_provenance(store, image):
    assert bills.Bill(image.descriptor, statement(image, dirty=True), b"").origin == bills.Origin(
        user="ada",
        account="ada",
        host="laptop",
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:00:07Z",
        builder="lading 0.1.0",
        invocation="urn:uuid:1",
        commit="1" * 40,
        branch="main",
        repository="https://git.example.org/digits",
        dirty=True,
    )


def test_of_others_provenance_what_is_there_is_read(image):
    theirs = b'{"predicate": {"runDetails": {"builder": {"id": "https://ci"}, "metadata": 3}}}'
    assert bills.Bill(image.descriptor, theirs, b"").origin == bills.Origin(builder="https://ci")
    assert bills.Bill(image.descriptor, b"[]", b"no JSON").origin == bills.Origin()


def test_statements_about_other_things_are_no_bill(store, image):
    other = b'{"predicateType": "https://in-toto.io/attestation/vulns/v0.1"}'
    store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, other))
    store.attach(Artifact.of(image.descriptor, "application/vnd.example+json", b"{}"))
    assert bills.of(store, image.digest) is None


def test_an_sbom_that_others_made_is_one(store, image):
    store.attach(Artifact.of(image.descriptor, media_types.SPDX, b'{"spdxVersion": "SPDX-2.3"}'))
    bill = bills.of(store, image.digest)
    assert bill.sbom_type == media_types.SPDX
    assert bill.provenance == b""
    assert bill.origin == bills.Origin()


def test_the_sbom_is_the_one_that_the_provenance_names(store, image):
    ours, theirs = b'{"by": "lading"}', b'{"by": "a scanner"}'
    bills.attach(store, bills.Bill(image.descriptor, statement(image, sbom=ours), ours))
    store.attach(Artifact.of(image.descriptor, media_types.CYCLONEDX, theirs))
    assert bills.of(store, image.digest).components == {"by": "lading"}


def test_a_provenance_of_another_image_is_none_of_this_one(store, image):
    other = statement(image).replace(image.digest.hex.encode(), b"0" * 64)
    store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, other))
    assert bills.of(store, image.digest) is None
    assert bills.earlier(store, image.digest) == []


def test_an_image_that_is_not_there_has_no_bill(store):
    with pytest.raises(ImageNotFound, match="no image sha256:0000"):
        bills.of(store, Digest("0" * 64))
