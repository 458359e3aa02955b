"""The SBOM: every package of an image, with its licences, and what needs what.

Source of the format: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json. The same image gives the
same bytes: no time is in it, and its serial number is made of the image's digest.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from lading import __version__
from lading.bills import components
from lading.bills.bill import encoded
from lading.bills.inside import reading
from lading.bills.inside.facts import Fact
from lading.bills.made import Made
from lading.bills.needs import Needs
from lading.building.layers.wanted import LayerKind
from lading.oci import Digest, Image
from lading.oci.document import Document
from lading.stores.layout import Layout

TOOL = "lading"


def make(made: Made, store: Layout, cache: Path) -> bytes:
    """Of an image that was built. Raises StoreError, DamagedBlob."""
    image = made.built.image
    models = {LayerKind.MODEL.value}
    layers = [
        layer
        for layer, told in zip(image.layers, made.built.layers, strict=True)
        if told.kind not in models
    ]
    found = reading.said(layers, cache)
    hashes = components.Hashes.of_lock(made.locked)
    return written(
        f"{made.recipe.app}/{made.recipe.name}",
        image.digest,
        [
            *components.of_facts(found, hashes),
            *components.of_models(made.files(LayerKind.MODEL)),
            *components.of_base(made.locked.image),
        ],
        found,
    )


def of_image(name: str, image: Image, cache: Path) -> bytes:
    """Of an image that others built, or whose lock is gone: its packages alone.

    Raises StoreError, DamagedBlob.
    """
    found = reading.said(image.layers, cache)
    listed = components.of_facts(found, components.Hashes({}))
    return written(name, image.digest, listed, found)


def written(
    name: str, digest: Digest, listed: Iterable[Component], found: Mapping[str, Fact]
) -> bytes:
    """The document, its components in an order of their own."""
    whole = sorted({str(one.bom_ref): one for one in listed}.values(), key=lambda x: str(x.bom_ref))
    root = _root(name, digest)
    tool = Component(type=ComponentType.APPLICATION, name=TOOL, version=__version__)
    metadata = BomMetaData(component=root)
    metadata.tools.components.add(tool)
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_OID, str(digest)),
        components=whole,
        metadata=metadata,
    )
    _relate(bom, root, whole, found)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    # The library does not do without.
    del document["metadata"]["timestamp"]
    return encoded(document)


def is_ours(content: bytes) -> bool:
    """Whether Lading wrote it."""
    try:
        tools = Document.parse(content, "sbom").child("metadata").fields.get("tools")
    except Exception:
        return False
    listed: Any = tools.get("components") if isinstance(tools, dict) else None
    return isinstance(listed, list) and any(
        isinstance(one, dict) and one.get("name") == TOOL for one in listed
    )


def _root(name: str, digest: Digest) -> Component:
    """The image itself (purl-spec, type oci)."""
    short = name.rpartition("/")[2]
    return Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=str(digest),
        bom_ref="image",
        purl=PackageURL("oci", None, short, str(digest)),
        hashes=[components.sha256(digest.hex)],
    )


def _relate(
    bom: Bom, root: Component, listed: Sequence[Component], found: Mapping[str, Fact]
) -> None:
    """Who needs whom; the image needs whatever nobody else does."""
    by_ref = {str(one.bom_ref): one for one in listed}
    needed: set[str] = set()
    for ref, wanted in Needs.of(found).by_ref().items():
        there = sorted(one for one in wanted if one in by_ref and one != ref)
        needed.update(there)
        if ref in by_ref:
            bom.register_dependency(by_ref[ref], [by_ref[one] for one in there])
    bom.register_dependency(root, [one for ref, one in by_ref.items() if ref not in needed])
