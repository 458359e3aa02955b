"""What is signed, and how others read it."""

import base64
import json

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from sigstore_models.bundle.v1 import Bundle

from lading.bills import claims
from lading.bills.signatures import bundle, simple, statement
from lading.bills.signatures.checking import checks
from lading.bills.signatures.trust import Keys
from lading.oci import Artifact, Descriptor, Index, Reference, cosign, media_types
from lading.oci.artifact import layer_of
from tests.unit.bills.signatures.conftest import NAME, key, sign


def bundles(store, image):
    return [x for x in store.attached(image.digest) if bundle.is_bundle(x)]


def test_the_image_and_each_document_of_its_bill_are_signed(store, image):
    (signed,) = sign(store, "ours")
    assert signed.made == ("image", "SBOM", "provenance")
    said = [x.annotations["dev.sigstore.bundle.predicateType"] for x in bundles(store, image)]
    assert said == [
        "https://sigstore.dev/cosign/sign/v1",
        "https://cyclonedx.org/bom",
        "https://slsa.dev/provenance/v1",
    ]


def test_what_is_signed_is_not_signed_again_by_the_same_key(store, image):
    sign(store, "ours")
    before = store.attached(image.digest)
    (again,) = sign(store, "ours")
    assert (again.made, again.already) == ((), ("image", "SBOM", "provenance"))
    assert store.attached(image.digest) == before
    (other,) = sign(store, "theirs")
    assert other.made == ("image", "SBOM", "provenance")


def test_an_image_that_is_to_be_elsewhere_is_signed_for_there_too(store):
    sign(store, "ours")
    (again,) = sign(store, "ours", "registry.example.org/other")
    assert again.made == ("image",)


def test_bundles_are_those_of_sigstore_and_their_envelopes_verify(store, image):
    sign(store, "ours")
    public = SSlibKey(
        "any", "ecdsa", "ecdsa-sha2-nistp256", {"public": key("ours").public.pem.decode()}
    )
    for one in bundles(store, image):
        read = Bundle.from_json(one.content)
        assert read.media_type == "application/vnd.dev.sigstore.bundle.v0.3+json"
        assert read.verification_material.public_key.hint == key("ours").public.hint
        document = json.loads(one.content)["dsseEnvelope"]
        document["signatures"][0]["keyid"] = "any"
        envelope = Envelope.from_dict(document)
        assert set(envelope.verify([public], 1)) == {"any"}
        statement = json.loads(envelope.payload)
        assert statement["subject"][0]["digest"] == {"sha256": image.digest.hex}


def test_a_provenance_is_signed_as_it_stands(store, image):
    sign(store, "ours")
    provenance = next(x for x in store.attached(image.digest) if "in-toto" in x.artifact_type)
    payloads = [json.loads(x.content)["dsseEnvelope"]["payload"] for x in bundles(store, image)]
    assert base64.b64encode(provenance.content).decode() in payloads


def test_the_simple_form_says_digest_and_place(store, image):
    sign(store, "ours", "registry.example.org/team/digits")
    (one,) = [x for x in store.attached(image.digest) if simple.is_simple(x)]
    document = json.loads(one.content)
    assert document["critical"] == {
        "identity": {"docker-reference": "registry.example.org/team/digits"},
        "image": {"docker-manifest-digest": str(image.digest)},
        "type": "cosign container image signature",
    }
    assert document["optional"]["timestamp"] == 1767323045
    signature = base64.b64decode(layer_of(one.manifest).annotations[cosign.SIGNED])
    assert key("ours").public.verifies(signature, one.content)


def test_of_several_platforms_the_index_and_each_image_are_signed(store, image, images):
    other = images.image(images.layer({"other": b"3"}))
    store.write(other)
    index = Index.of({"linux/amd64": image.descriptor, "linux/arm64": other.descriptor})
    store.write_index(index, NAME)
    signed = sign(store, "ours")
    assert [x.image for x in signed] == [index.digest, image.digest, other.digest]
    assert [x.made for x in signed] == [("image",), ("image", "SBOM", "provenance"), ("image",)]


def test_a_signature_of_others_that_cannot_be_read_is_in_nobodys_way(store, image):
    store.attach(bundle.attached_to(image.descriptor, b"{}", "x", "2026-01-01T00:00:00Z"))
    (signed,) = sign(store, "ours")
    assert signed.made == ("image", "SBOM", "provenance")


@pytest.mark.parametrize("name", [Reference("shop/other"), Descriptor.of("", b"x").digest])
def test_what_is_not_in_the_store_cannot_be_signed(store, name):
    from lading.bills.signatures.signing import of_name
    from lading.errors import ImageNotFound

    with pytest.raises(ImageNotFound):
        of_name(store, name)


def test_what_is_no_statement_and_what_is_about_another_image_are_not_signed(store, image, images):
    other = images.image(images.layer({"other": b"3"}))
    store.write(other, NAME)
    bill = next(x for x in store.attached(image.digest) if "in-toto" in x.artifact_type)
    for content in (bill.content, b'{"a": 1}', b"nothing"):
        store.attach(Artifact.of(other.descriptor, bill.artifact_type, content))
    (signed,) = sign(store, "ours")
    assert signed.made == ("image",)


@pytest.mark.parametrize("kind", [statement.SIGNATURE, claims.LAYERS, "https://slsa.dev/other"])
def test_who_attaches_a_statement_has_no_other_image_signed_with_this_one(
    store, image, images, kind
):
    other = images.image(images.layer({"other": b"3"}))
    document = {
        "subject": [{"digest": {"sha256": x.digest.hex}} for x in (image, other)],
        "predicateType": kind,
        "predicate": {"layers": []},
    }
    content = json.dumps(document).encode()
    store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, content))
    (signed,) = sign(store, "ours")
    assert signed.made == ("image", "SBOM", "provenance")
    store.write(other, Reference("shop/other"))
    for one in bundles(store, image):
        store.attach(Artifact.of(other.descriptor, one.artifact_type, one.content, one.annotations))
    assert not checks(store, other.digest, Keys((key("ours").public,)))[0].holds
