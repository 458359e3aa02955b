"""Each way in which a signature does not hold, and what is said of it."""

import base64
import json

import pytest

from lading.bills.signatures import bundle, checking, signing, simple, statement
from lading.bills.signatures.trust import Keys
from lading.oci import Artifact, cosign, media_types
from lading.oci.artifact import layer_of
from tests.unit.bills.signatures.conftest import NOW, key, sign


def checks(store, image, *names):
    trust = Keys(tuple(key(x).public for x in names))
    return {x.what: x for x in checking.checks(store, image.digest, trust)}


def reasons(store, image, *names):
    return {x: y.reason for x, y in checks(store, image, *names).items() if not y.holds}


def of_image(store, image):
    """The attached signatures of the image itself: the simple one, and the bundle."""
    attached = store.attached(image.digest)
    (plain,) = [x for x in attached if simple.is_simple(x)]
    return plain, next(x for x in attached if bundle.is_bundle(x))


def copied(store, image, *artifacts):
    """A store with the image and these alone."""
    fresh = type(store)()
    fresh.write(image)
    for one in artifacts:
        fresh.attach(one)
    return fresh


def test_what_a_trusted_key_signed_holds(store, image):
    sign(store, "ours")
    found = checks(store, image, "theirs", "ours")
    assert list(found) == ["image", "SBOM", "provenance"]
    assert all(x.who == (f"ours ({key('ours').public.short})",) for x in found.values())


def test_nothing_is_signed(store, image):
    assert reasons(store, image, "ours") == {
        "image": "not signed",
        "SBOM": "not signed",
        "provenance": "not signed",
    }
    of_image, sbom, _ = checks(store, image, "ours").values()
    assert str(checking.refusal("digits", of_image)) == "digits: not signed; run `lading sign`"
    assert str(checking.refusal("digits", sbom)) == "digits: SBOM: not signed; run `lading sign`"


def test_another_key_signed(store, image):
    sign(store, "theirs")
    assert reasons(store, image, "ours") == {
        "image": "signed, but not by ours, or altered since",
        "SBOM": "signed, but not by ours",
        "provenance": "signed, but not by ours",
    }


def test_one_form_is_enough(store, image):
    sign(store, "ours")
    for one in of_image(store, image):
        assert reasons(copied(store, image, one), image, "ours") == {}


def test_an_altered_payload_of_a_bundle_is_told(store, image):
    sign(store, "ours")
    document = json.loads(of_image(store, image)[1].content)
    payload = statement.of_image(image.digest).replace(b'"predicate":{}', b'"predicate":{"a":1}')
    document["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    raw = json.dumps(document).encode()
    altered = bundle.attached_to(image.descriptor, raw, statement.SIGNATURE, "")
    assert reasons(copied(store, image, altered), image, "ours") == {
        "image": "altered since ours signed it"
    }


def test_an_altered_payload_of_the_simple_form_is_told(store, image):
    sign(store, "ours")
    plain = of_image(store, image)[0]
    signature = layer_of(plain.manifest).annotations[cosign.SIGNED]
    content = plain.content.replace(b"registry.example.org", b"registry.example.com")
    altered = cosign.signature(image.descriptor, content, signature)
    assert reasons(copied(store, image, altered), image, "ours") == {
        "image": "signed, but not by ours, or altered since"
    }


def test_the_signature_of_another_image_is_told(store, image, images):
    other = images.image(images.layer({"other": b"3"}))
    sign(store, "ours")
    said = f"it is the signature of another image, {image.digest}"
    plain, bundled = of_image(store, image)
    signature = layer_of(plain.manifest).annotations[cosign.SIGNED]
    moved = cosign.signature(other.descriptor, plain.content, signature)
    assert reasons(copied(store, other, moved), other, "ours") == {"image": said}
    moved = bundle.attached_to(other.descriptor, bundled.content, statement.SIGNATURE, "")
    assert reasons(copied(store, other, moved), other, "ours") == {"image": said}


def test_a_signed_bill_is_no_signature_of_the_image(store, image):
    payload = b'{"subject":[{"digest":{"sha256":"%s"}}],"predicateType":"x","predicate":{}}'
    raw = bundle.signed(payload % image.digest.hex.encode(), key("ours"))
    attested = bundle.attached_to(image.descriptor, raw, "x", "")
    assert reasons(copied(store, image, attested), image, "ours") == {"image": "not signed"}


def test_the_bill_of_another_image_is_told(store, image, images):
    other = images.image(images.layer({"other": b"3"}))
    bill = next(x for x in store.attached(image.digest) if x.artifact_type == media_types.IN_TOTO)
    moved = Artifact.of(other.descriptor, media_types.IN_TOTO, bill.content)
    fresh = copied(store, other, moved)
    how = signing.Signing(fresh, signing.KeySigner(key("ours")), "x", NOW)
    signing.sign(how, other.descriptor)
    assert reasons(fresh, other, "ours") == {"provenance": "it is about another image"}


def test_a_bill_that_came_after_the_signature_is_told(store, image):
    sign(store, "ours")
    later = b'{"bomFormat": "CycloneDX", "ratio": 2}'
    store.attach(Artifact.of(image.descriptor, media_types.CYCLONEDX, later))
    found = checking.checks(store, image.digest, Keys((key("ours").public,)))
    assert [(x.what, x.holds) for x in found] == [
        ("image", True),
        ("SBOM", True),
        ("provenance", True),
        ("SBOM", False),
    ]


def provenance(image, commit, day):
    source = {"name": "source", "digest": {"gitCommit": commit * 40}}
    said = {
        "_type": statement.TYPE,
        "subject": [{"digest": {"sha256": image.digest.hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {"resolvedDependencies": [source]},
            "runDetails": {"metadata": {"finishedOn": f"2026-01-0{day}T12:00:00Z"}},
        },
    }
    return Artifact.of(image.descriptor, media_types.IN_TOTO, json.dumps(said).encode())


def test_the_newest_bill_must_be_signed_and_those_of_earlier_builds_need_not(store, image):
    store.attach(provenance(image, "a", 1))
    store.attach(provenance(image, "b", 2))
    listed = b'{"spdxVersion": "SPDX-2.3"}'
    store.attach(Artifact.of(image.descriptor, media_types.SPDX, listed))
    trust = Keys((key("ours").public,))
    unsigned = checking.checks(store, image.digest, trust)
    assert [(x.what, x.of) for x in unsigned if not x.passes] == [
        ("image", ""),
        ("SBOM", ""),
        ("provenance", "bbbbbbbbbbbb, 2026-01-02 12:00:00 UTC"),
    ]
    sign(store, "ours")
    store.attach(provenance(image, "c", 3))
    later = checking.checks(store, image.digest, trust)
    assert [(x.what, x.of, x.counts) for x in later if not x.holds] == [
        ("provenance", "cccccccccccc, 2026-01-03 12:00:00 UTC", True)
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"nothing", 'a signature cannot be read: bundle: not JSON: got "nothing"'),
        (b"{}", "a signature cannot be read: bundle.dsseEnvelope: expected an object, got nothing"),
    ],
)
def test_what_cannot_be_read_is_told(store, image, raw, said):
    broken = bundle.attached_to(image.descriptor, raw, "x", "")
    assert reasons(copied(store, image, broken), image, "ours") == {"image": said}


def test_a_signature_by_an_identity_is_told(store, image):
    sign(store, "ours")
    document = json.loads(of_image(store, image)[1].content)
    document["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}}
    document["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    raw = json.dumps(document).encode()
    keyless = bundle.attached_to(image.descriptor, raw, statement.SIGNATURE, "")
    assert reasons(copied(store, image, keyless), image, "ours") == {
        "image": "signed by an identity, not by a key: name whose with --identity and --issuer"
    }
