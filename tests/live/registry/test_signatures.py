"""What Lading signs, cosign and skopeo verify; what they sign, Lading verifies."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lading.bills.signatures import checking, keys, signing
from lading.bills.signatures.keys import PublicKey
from lading.bills.signatures.signing import KeySigner, Signing
from lading.bills.signatures.trust import Keys
from lading.oci import Artifact, Image, Location, media_types
from lading.progress import Silent
from lading.stores.layout import Layout
from lading.stores.registry import Host, Registries

PROGRAMS = Path(__file__).resolve().parents[3] / ".tools" / "sigstore"
PASSWORD = "pw"
LOG = "--insecure-ignore-tlog=true"
"""Keys are not put into sigstore's log."""


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    """Skips where cosign and skopeo are not; fails where a registry is promised."""
    reason = "cosign and skopeo with sigstore are not here; `.ci/sigstore` fetches them"
    if all((PROGRAMS / x).exists() for x in ("cosign", "skopeo")):
        return
    if os.environ.get("LADING_TEST_REGISTRY") == "1":
        pytest.fail(f"LADING_TEST_REGISTRY=1, but {reason}")
    pytest.skip(reason)


class Site:
    """A folder with keys, and an image's place in a registry that is signed for."""

    def __init__(self, folder: Path, host: str) -> None:
        self.folder = folder
        self.place = Location(host, f"signed/{folder.name.lower()}", "1")
        for name in ("ours", "other"):
            made = keys.generate(name)
            (folder / f"{name}.key").write_bytes(made.encrypted(PASSWORD.encode()))
            (folder / f"{name}.pub").write_bytes(made.public.pem)
        (folder / "registries.d").mkdir()
        told = {"docker": {host: {"use-sigstore-attachments": True}}}
        (folder / "registries.d" / "local.yaml").write_text(json.dumps(told))
        (folder / "password").write_text(PASSWORD)
        root = {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}
        (folder / "root.json").write_text(json.dumps(root))
        self.registries = Registries({host: Host(insecure=True)}, {}, Silent())

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAMS / program, *arguments],
            cwd=self.folder,
            env={**os.environ, "COSIGN_PASSWORD": PASSWORD, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def cosign(self, verb: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("cosign", verb, *arguments, "--allow-http-registry", str(self.place))

    def skopeo_takes(self, key: str) -> subprocess.CompletedProcess[str]:
        """Copy the image out by a policy that wants a signature by `key`."""
        wanted = {
            "type": "sigstoreSigned",
            "keyPath": str(self.folder / key),
            "signedIdentity": {"type": "matchRepository"},
        }
        transports = {"docker": {self.place.host: [wanted]}}
        policy = {"default": [{"type": "reject"}], "transports": transports}
        (self.folder / "policy.json").write_text(json.dumps(policy))
        options = ("--policy", "policy.json", "--registries.d", "registries.d")
        source = f"docker://{self.place}"
        return self.run("skopeo", *options, "copy", "--src-tls-verify=false", source, "dir:out")

    def public(self, name: str) -> PublicKey:
        return keys.read_public((self.folder / name).read_bytes(), name)

    def signed(self, name: str) -> dict[str, str]:
        """What of the image in the registry does not hold by that key, and why."""
        store = Layout(self.folder / f"pulled-{len(list(self.folder.iterdir()))}")
        image = self.registries.pull(self.place, store, "linux/amd64")
        found = checking.checks(store, image.digest, Keys((self.public(name),)))
        return {x.what: x.reason for x in found if not x.holds}


@pytest.fixture
def site(tmp_path: Path, open_registry: str) -> Iterator[Site]:
    made = Site(tmp_path, open_registry)
    with made.registries:
        yield made


@pytest.fixture
def billed(image: Image, store: Layout) -> Image:
    """The image with a bill."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "web", "digest": {"sha256": image.digest.hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {}, "runDetails": {}},
    }
    said = json.dumps(statement).encode()
    store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, said))
    sbom = b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}'
    store.attach(Artifact.of(image.descriptor, media_types.CYCLONEDX, sbom))
    return image


@pytest.fixture
def pushed(site: Site, billed: Image, store: Layout) -> Site:
    """The image, signed by ours.key, is in the registry."""
    file = (site.folder / "ours.key").read_bytes()
    signer = KeySigner(keys.read_private(file, "ours.key", PASSWORD.encode()))
    reference = f"{site.place.host}/{site.place.repository}"
    signing.sign(Signing(store, signer, reference, datetime.now(UTC)), billed.descriptor)
    site.registries.push(billed.digest, store, site.place)
    return site


def test_skopeo_takes_what_we_signed_and_by_no_other_key(pushed: Site) -> None:
    done = pushed.skopeo_takes("ours.pub")
    assert done.returncode == 0, done.stderr
    refused = pushed.skopeo_takes("other.pub")
    assert refused.returncode == 1
    assert "Source image rejected: cryptographic signature verification failed" in refused.stderr


def test_cosign_verifies_the_image_and_its_bill_and_by_no_other_key(pushed: Site) -> None:
    bundles = ("--new-bundle-format", "--trusted-root", "root.json")
    for key, code in (("ours.pub", 0), ("other.pub", 1)):
        done = pushed.cosign("verify", "--key", key, LOG)
        assert bool(done.returncode) == bool(code), done.stderr
        for kind in ("slsaprovenance1", "cyclonedx", "https://sigstore.dev/cosign/sign/v1"):
            wanted = ("--key", key, LOG, *bundles, "--type", kind)
            done = pushed.cosign("verify-attestation", *wanted)
            assert bool(done.returncode) == bool(code), (kind, done.stderr)


def test_cosign_reads_our_key(site: Site) -> None:
    done = site.run("cosign", "public-key", "--key", "ours.key")
    assert done.stdout.encode() == (site.folder / "ours.pub").read_bytes()


def test_what_skopeo_signs_verifies(pushed: Site) -> None:
    """Beside our signature, which stays."""
    why = "signed, but not by other.pub, or altered since"
    assert pushed.signed("other.pub")["image"] == why
    done = pushed.run(
        "skopeo",
        *("--insecure-policy", "--registries.d", "registries.d", "copy"),
        *("--src-tls-verify=false", "--dest-tls-verify=false", "--sign-passphrase-file=password"),
        "--sign-by-sigstore-private-key=other.key",
        *(f"docker://{pushed.place}", f"docker://{pushed.place}"),
    )
    assert done.returncode == 0, done.stderr
    assert "image" not in pushed.signed("other.pub")
    assert pushed.signed("ours.pub") == {}


def test_what_cosign_signs_by_its_own_key_verifies(
    site: Site, billed: Image, store: Layout
) -> None:
    site.registries.push(billed.digest, store, site.place)
    assert site.run("cosign", "generate-key-pair").returncode == 0
    assert site.signed("cosign.pub")["image"] == "not signed"
    offline = ("--key", "cosign.key", "--tlog-upload=false", "--yes")
    done = site.cosign("sign", *offline)
    assert done.returncode == 0, done.stderr
    assert "image" not in site.signed("cosign.pub")
    own = keys.read_private((site.folder / "cosign.key").read_bytes(), "", PASSWORD.encode())
    assert own.public == site.public("cosign.pub")


def test_what_is_signed_again_is_pushed_beside_what_others_signed(
    pushed: Site, billed: Image, store: Layout
) -> None:
    done = pushed.cosign("sign", "--key", "other.key", "--tlog-upload=false", "--yes")
    assert done.returncode == 0, done.stderr
    third = keys.generate("third")
    (pushed.folder / "third.pub").write_bytes(third.public.pem)
    how = Signing(store, KeySigner(third), str(pushed.place), datetime.now(UTC))
    signing.sign(how, billed.descriptor)
    pushed.registries.push(billed.digest, store, pushed.place)
    for name in ("ours.pub", "other.pub", "third.pub"):
        assert "image" not in pushed.signed(name)
        assert pushed.cosign("verify", "--key", name, LOG).returncode == 0
