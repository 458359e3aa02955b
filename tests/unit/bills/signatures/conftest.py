"""An image with a bill, and keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from lading.bills.signatures import keys, signing
from lading.bills.signatures.keys import PrivateKey
from lading.bills.signatures.signing import KeySigner, Signing
from lading.oci import Artifact, Image, Reference, media_types
from lading.stores.memory import Memory

NAME = Reference("shop/digits")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@cache
def key(name: str) -> PrivateKey:
    """Always the same of one name."""
    return keys.generate(name)


@pytest.fixture
def image(images: Any) -> Image:
    made: Image = images.image()
    return made


@pytest.fixture
def store(image: Image) -> Memory:
    """The image and its bill: a list of what is inside, and a provenance."""
    store = Memory()
    store.write(image, NAME)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "digits", "digest": {"sha256": image.digest.hex}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {}},
    }
    sbom = b'{"bomFormat": "CycloneDX", "ratio": 1.50}'
    store.attach(Artifact.of(image.descriptor, media_types.CYCLONEDX, sbom))
    said = json.dumps(statement).encode()
    store.attach(Artifact.of(image.descriptor, media_types.IN_TOTO, said))
    return store


def sign(store: Memory, name: str, reference: str = "registry.example.org/digits") -> list[Any]:
    """Sign all that NAME stands for by the key of that name."""
    how = Signing(store, KeySigner(key(name)), reference, NOW)
    return [signing.sign(how, subject) for subject in signing.of_name(store, NAME)]
