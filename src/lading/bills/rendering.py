"""An SBOM as text, by CycloneDX's library: imported only where there is one to make."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.tool import Tool
from cyclonedx.output.json import JsonV1Dot5
from packageurl import PackageURL

from lading import __version__
from lading.bills import components
from lading.bills.bill import encoded
from lading.bills.inside.facts import Fact
from lading.bills.needs import Needs
from lading.bills.sbom import NO_DIGEST, NO_SERIAL, TOOL, Contents


def rendered(contents: Contents, said: Mapping[str, Fact]) -> str:
    """The document with nobody's digest, components in an order of their own.

    `said` is what the layers of `contents` say.
    """
    found = {**said, **contents.own}
    listed = [
        *components.of_facts(found, contents.hashes),
        *components.of_models(contents.models),
        *components.of_base(contents.base),
    ]
    whole = sorted({str(one.bom_ref): one for one in listed}.values(), key=lambda x: str(x.bom_ref))
    root = _root(contents.name)
    metadata = BomMetaData(component=root)
    # The older of two ways to say it: every reader knows it.
    metadata.tools.tools.add(Tool(vendor=TOOL, name=TOOL, version=__version__))
    bom = Bom(serial_number=NO_SERIAL, components=whole, metadata=metadata)
    _relate(bom, root, whole, found)
    document = json.loads(JsonV1Dot5(bom).output_as_string())
    # The library does not do without.
    del document["metadata"]["timestamp"]
    return encoded(document).decode()


def _root(name: str) -> Component:
    """The image itself (purl-spec, type oci)."""
    digest = f"sha256:{NO_DIGEST}"
    return Component(
        type=ComponentType.CONTAINER,
        name=name,
        version=digest,
        bom_ref="image",
        purl=PackageURL("oci", None, name.rpartition("/")[2], digest),
        hashes=[components.sha256(NO_DIGEST)],
    )


def _relate(
    bom: Bom, root: Component, listed: Sequence[Component], found: Mapping[str, Fact]
) -> None:
    """Who needs whom; the system has its packages, and the image whatever nobody else has."""
    by_ref = {str(one.bom_ref): one for one in listed}
    needed: set[str] = set()
    if system := by_ref.get(components.SYSTEM):
        # All of them, as Trivy wants it: it takes no other for the system's.
        packages = [one for ref, one in by_ref.items() if ref.startswith(components.DEB)]
        needed.update(str(one.bom_ref) for one in packages)
        bom.register_dependency(system, packages)
    for ref, wanted in Needs.of(found).by_ref().items():
        there = sorted(one for one in wanted if one in by_ref and one != ref)
        needed.update(there)
        if ref in by_ref:
            bom.register_dependency(by_ref[ref], [by_ref[one] for one in there])
    bom.register_dependency(root, [one for ref, one in by_ref.items() if ref not in needed])
