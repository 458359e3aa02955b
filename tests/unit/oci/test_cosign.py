import json

import pytest

from lading.errors import StoreError
from lading.oci import Artifact, Descriptor, Digest, Manifest, cosign, media_types

SUBJECT = Descriptor.of(media_types.MANIFEST, b"an image")
ONE, OTHER = (cosign.signature(SUBJECT, payload, "c2ln") for payload in (b"one", b"other"))


def test_the_tag_is_the_digest_of_what_is_signed():
    assert cosign.tag(Digest("ab" * 32)) == "sha256-" + "ab" * 32 + ".sig"


def test_a_signature_lies_in_the_descriptor_of_its_payload():
    (layer,) = json.loads(ONE.manifest)["layers"]
    assert layer["mediaType"] == cosign.PAYLOAD
    assert layer["annotations"] == {cosign.SIGNED: "c2ln"}
    assert ONE.artifact_type == cosign.SIGNATURE
    assert ONE.subject == SUBJECT


def test_what_is_gathered_is_taken_apart_into_the_same():
    made = cosign.gathered([ONE, OTHER])
    contents = {Digest.of(x): x for x in (b"one", b"other")}
    found = cosign.scattered(made.manifest, SUBJECT, lambda layer: contents[layer.digest])
    assert found == [ONE, OTHER]
    assert [one.content for one in found] == [b"one", b"other"]


def test_diff_ids_are_those_of_the_payloads():
    made = cosign.gathered([ONE, OTHER])
    manifest = Manifest.parse(made.manifest)
    diff_ids = json.loads(made.config)["rootfs"]["diff_ids"]
    assert diff_ids == [str(layer.digest) for layer in manifest.layers]
    assert manifest.config.digest == Digest.of(made.config)


def test_signatures_that_are_there_stay_and_none_is_there_twice():
    first = cosign.gathered([ONE])
    both = cosign.gathered([ONE, OTHER], first.manifest)
    assert Manifest.parse(both.manifest).layers[:1] == Manifest.parse(first.manifest).layers
    assert cosign.gathered([OTHER, ONE], both.manifest) is None


def test_what_is_no_signature_is_not_gathered():
    bill = Artifact.of(SUBJECT, media_types.IN_TOTO, b"{}")
    assert cosign.gathered([bill]) is None
    assert len(Manifest.parse(cosign.gathered([bill, ONE]).manifest).layers) == 1


def test_what_is_no_payload_is_left_out():
    attestation = Descriptor.of("application/vnd.dsse.envelope.v1+json", b"{}")
    config = Descriptor.of(media_types.CONFIG, b"{}")
    manifest = Manifest(config, (attestation,)).encode()
    assert cosign.scattered(manifest, SUBJECT, lambda layer: pytest.fail("read")) == []


def test_what_is_no_manifest_is_refused():
    with pytest.raises(StoreError, match=r"^manifest: not JSON: got \"not\"$"):
        cosign.gathered([ONE], b"not")
