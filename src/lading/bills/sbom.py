"""The SBOM: every package of an image, with its licences, and what needs what.

Source of the format: CycloneDX 1.5, https://cyclonedx.org/docs/1.5/json. The same image gives the
same bytes: no time is in it, and its serial number is made of the image's digest.

Of a change of code all stays but the digest, so the document is kept as it is without one. What
makes it (`rendering.py`) takes longer than all else that a build does for a bill.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lading import __version__
from lading.bills.inside import reading
from lading.bills.inside.facts import Fact
from lading.bills.made import Made
from lading.building.layers.record import write_record
from lading.building.layers.wanted import LayerKind
from lading.building.lockfile import LockedEnvironment
from lading.errors import StoreError
from lading.oci import Digest, Image, Layer
from lading.oci.document import Document

TOOL = "lading"
NO_DIGEST = "0" * 64
NO_SERIAL = uuid.UUID(int=0)
"""What stands for an image's own in a document that is kept."""
_FORMAT = 2
"""Of what is kept. Raise it when the document says more, or otherwise."""


@dataclass(frozen=True)
class Contents:
    """What an SBOM tells of, but for what the layers below the code say."""

    name: str
    layers: tuple[Layer, ...]
    """Below the user's own, which change with each edit."""
    own: Mapping[str, Fact]
    """What the user's own layers say: packages that lie in the source."""
    hashes: Mapping[str, str]
    """SHA-256 of the files that packages came in, by `name version`."""
    models: Mapping[str, str]
    """SHA-256 by path."""
    base: tuple[str, str] | None = None
    """Reference and digest of the image that it stands on."""


def make(made: Made, cache: Path) -> bytes:
    """Of an image that was built. Raises StoreError, DamagedBlob."""
    by_kind = [
        (told.kind, layer)
        for told, layer in zip(made.built.layers, made.built.image.layers, strict=True)
    ]
    own, models = LayerKind.CODE.value, LayerKind.MODEL.value
    base = made.locked.image
    contents = Contents(
        f"{made.recipe.app}/{made.recipe.name}",
        tuple(layer for kind, layer in by_kind if kind not in (own, models)),
        reading.said([layer for kind, layer in by_kind if kind == own], cache),
        _hashes(made.locked),
        _models(made),
        (base.reference, base.digest) if base else None,
    )
    return _of(contents, made.built.image, cache)


def of_image(name: str, image: Image, cache: Path) -> bytes:
    """Of an image that others built, or whose lock is gone: its packages alone.

    Raises StoreError, DamagedBlob.
    """
    return _of(Contents(name, image.layers, {}, {}, {}), image, cache)


def is_ours(content: bytes) -> bool:
    """Whether Lading wrote it."""
    try:
        tools = Document.parse(content, "sbom").child("metadata").fields.get("tools")
    except StoreError:
        return False
    listed: Any = tools if isinstance(tools, list) else []
    return any(isinstance(one, dict) and one.get("name") == TOOL for one in listed)


def _of(contents: Contents, image: Image, cache: Path) -> bytes:
    record = cache / "sboms" / f"{_key(contents)}.json"
    try:
        text = record.read_text()
    except (OSError, UnicodeDecodeError):
        text = ""
    # Not synced when it was written: a power cut may have left it empty.
    if NO_DIGEST not in text:
        from lading.bills import rendering

        text = rendering.rendered(contents, reading.said(contents.layers, cache))
        write_record(record, text.encode())
    return _filled(text, image.digest).encode()


def _filled(text: str, digest: Digest) -> str:
    serial = uuid.uuid5(uuid.NAMESPACE_OID, str(digest))
    return text.replace(NO_DIGEST, digest.hex).replace(NO_SERIAL.urn, serial.urn)


def _key(contents: Contents) -> str:
    """Of all that decides the document: another Lading may make another of the same."""
    said = [
        [_FORMAT, __version__, contents.name, contents.base],
        [str(one.diff_id) for one in contents.layers],
        [contents.own, contents.hashes, contents.models],
    ]
    whole = msgspec.json.encode(said, order="deterministic")
    return hashlib.sha256(whole).hexdigest()


def _hashes(locked: LockedEnvironment) -> dict[str, str]:
    debs, wheels = (*locked.base, *locked.packages), (*locked.runtime, *locked.wheels)
    found = {f"{one.name} {one.version}": one.sha256 for one in debs}
    return {**found, **{f"{one.name} {one.version}": one.sha256 for one in wheels}}


def _models(made: Made) -> dict[str, str]:
    told = made.files(LayerKind.MODEL).items()
    return {path: digest for path, said in told if (digest := said.rpartition(" ")[2])}
