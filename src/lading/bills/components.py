"""Components of an SBOM, of what an image's layers say and its lock pins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import (
    DisjunctiveLicense,
    License,
    LicenseExpression,
)
from packageurl import PackageURL

from lading.bills import licences, purls
from lading.bills.inside import reading
from lading.bills.inside.facts import (
    Bundled,
    Copyright,
    Deb,
    Debs,
    Fact,
    Inner,
    Interpreter,
    Os,
    Wheel,
)

SYSTEM, DEB, WHEEL = "os", "deb:", "pypi:"
"""The bom-ref of the operating system, and how those of packages begin."""
PATH = "lading:path"
"""Property: where in the image it lies."""
CONCLUDED = "lading:licences"
"""Property, "concluded", where licences are those whose texts are referred to."""


def sha256(digits: str) -> HashType:
    """A hash in CycloneDX's form, of its hexadecimal digits."""
    return HashType(alg=HashAlgorithm.SHA_256, content=digits)


Hashes = Mapping[str, str]
"""SHA-256 of the files that packages came in, by `name version`."""


def of_facts(found: Mapping[str, Fact], hashes: Hashes) -> Iterator[Component]:
    """The operating system, its packages, Python's, and a Python that no package brought."""
    system = system_of(found)
    if system:
        yield _system(system)
    for path, fact in found.items():
        match fact:
            case Debs():
                for deb in fact.packages:
                    said = reading.licences_of(deb.name, found)
                    yield _deb(deb, said, system, hashes)
            case Wheel():
                yield _wheel(fact, path, hashes)
            case Bundled():
                for inner in fact.packages:
                    yield _inner(inner, path)
            case Interpreter():
                yield _interpreter(fact)
            case _:
                pass


def of_models(digests: Mapping[str, str]) -> Iterator[Component]:
    """Model files, by the SHA-256 of each path."""
    for path, digest in digests.items():
        yield Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            name=path,
            bom_ref=f"model:{path}",
            hashes=[sha256(digest)],
            properties=_properties((PATH, f"/app/{path}")),
        )


def of_base(base: tuple[str, str] | None) -> Iterator[Component]:
    """The image that it stands on, by reference and digest, where that is somebody else's."""
    if base:
        reference, digest = base
        yield Component(
            type=ComponentType.CONTAINER,
            name=reference,
            version=digest,
            bom_ref=f"base:{digest}",
            hashes=[sha256(digest.partition(":")[2])],
        )


def system_of(found: Mapping[str, Fact]) -> Os | None:
    """What os-release says; /etc before /usr/lib."""
    places = (found.get("etc/os-release"), found.get("usr/lib/os-release"))
    return next((one for one in places if isinstance(one, Os)), None)


def ref_of_deb(deb: Deb) -> str:
    """Its bom-ref: short, and the same on every machine."""
    return f"{DEB}{deb.name}:{deb.architecture}"


def ref_of_wheel(wheel: Wheel, path: str) -> str:
    """Its bom-ref: a package may be there twice, the user's own and the runtime's."""
    return f"{WHEEL}{wheel.name}:{path.rpartition('/')[0].rpartition('/')[0]}"


def ref_of_inner(inner: Inner, path: str) -> str:
    """The bom-ref of what a wheel brings, by the list at `path`."""
    wheel = path.partition(".dist-info/")[0]
    return f"in:{wheel}:{inner.name}@{inner.version}"


def _system(system: Os) -> Component:
    return Component(
        type=ComponentType.OPERATING_SYSTEM,
        name=system.id,
        version=system.version or None,
        description=system.name or None,
        bom_ref=SYSTEM,
    )


def _deb(deb: Deb, said: Copyright, system: Os | None, hashes: Hashes) -> Component:
    vendor = system.id if system else "debian"
    distro = f"{vendor}-{system.version}" if system and system.version else ""
    upstream = deb.source
    if deb.source_version:
        upstream = f"{deb.source or deb.name}@{deb.source_version}"
    purl = purls.distribution(vendor, deb.name, deb.version, deb.architecture, distro, upstream)
    return Component(
        type=ComponentType.LIBRARY,
        name=deb.name,
        version=deb.version,
        bom_ref=ref_of_deb(deb),
        purl=PackageURL.from_string(purl),
        supplier=OrganizationalEntity(name=deb.maintainer) if deb.maintainer else None,
        licenses=_licences([licences.named(one) for one in said.licences if one]),
        hashes=_hashes(hashes, deb.name, deb.version),
        external_references=_home(deb.homepage),
        # Trivy compares advisories by these, since they are of source packages.
        properties=_properties(
            ("aquasecurity:trivy:SrcName", deb.source or deb.name),
            ("aquasecurity:trivy:SrcVersion", deb.source_version or deb.version),
            *([(CONCLUDED, "concluded")] if said.licences and not said.declared else []),
        ),
    )


def _wheel(wheel: Wheel, path: str, hashes: Hashes) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=wheel.name,
        version=wheel.version,
        bom_ref=ref_of_wheel(wheel, path),
        purl=PackageURL.from_string(purls.wheel(wheel.name, wheel.version)),
        supplier=OrganizationalEntity(name=wheel.supplier) if wheel.supplier else None,
        licenses=_licences(licences.of_wheel(wheel)),
        hashes=_hashes(hashes, wheel.name, wheel.version),
        external_references=_home(wheel.homepage),
        properties=_properties((PATH, f"/{path}")),
    )


def _inner(inner: Inner, path: str) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=inner.name,
        version=inner.version,
        scope=ComponentScope.OPTIONAL if inner.is_optional else None,
        bom_ref=ref_of_inner(inner, path),
        purl=_purl(inner.purl),
        licenses=_licences([licences.named(one) for one in inner.licences]),
        properties=_properties((PATH, f"/{path}")),
    )


def _purl(text: str) -> PackageURL | None:
    """What others wrote need not be one."""
    try:
        return PackageURL.from_string(text) if text else None
    except ValueError:
        return None


def _interpreter(python: Interpreter) -> Component:
    return Component(
        type=ComponentType.APPLICATION,
        name="python",
        version=python.version,
        bom_ref="python",
        purl=PackageURL.from_string(purls.generic("python", python.version)),
        licenses=_licences(["Python-2.0"]),
    )


def _licences(names: Iterable[str]) -> list[License]:
    """An expression can stand alone only (CycloneDX, `licenses`); beside others it is a name."""
    once = list(dict.fromkeys(names))
    if len(once) == 1 and licences.is_compound(once[0]):
        return [LicenseExpression(once[0])]
    return [
        DisjunctiveLicense(id=one) if licences.is_id(one) else DisjunctiveLicense(name=one)
        for one in once
    ]


def _hashes(hashes: Hashes, name: str, version: str) -> list[HashType]:
    found = hashes.get(f"{name} {version}")
    return [sha256(found)] if found else []


def _home(url: str) -> list[ExternalReference]:
    if "://" not in url or any(one.isspace() for one in url):
        return []
    return [ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(url))]


def _properties(*pairs: tuple[str, str]) -> list[Property]:
    return [Property(name=name, value=value) for name, value in pairs]
