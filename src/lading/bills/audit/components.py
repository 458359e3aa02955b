"""The packages that an SBOM lists, as vulnerabilities and licences are told of.

Sources: CycloneDX 1.6, `components`; SPDX 2.3, `packages`; package-url/purl-spec, of which `deb`
and `pypi` count here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from packaging.utils import canonicalize_name

PYPI, DEBIAN = "PyPI", "Debian"
_SUITES = {"bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14"}
_NO_LICENCE = ("", "NOASSERTION", "NONE")


@dataclass(frozen=True, order=True)
class Component:
    """A package. `ecosystem` is "PyPI", "Debian:12", or nothing for what is of neither."""

    name: str
    version: str
    ecosystem: str = ""
    source: str = ""
    """The Debian source package, by which Debian tells of vulnerabilities."""
    source_version: str = ""
    licences: tuple[str, ...] = ()
    """SPDX expressions, or whatever the package says. All of them hold at once."""

    @property
    def key(self) -> str:
        """By what name a database of vulnerabilities knows it."""
        return self.source or (canonicalize_name(self.name) if self.ecosystem == PYPI else "")

    @property
    def is_told_of(self) -> bool:
        """Whether databases of vulnerabilities may speak of it: Debian's do by release."""
        return self.ecosystem not in ("", f"{DEBIAN}:")

    @property
    def judged_version(self) -> str:
        """The version that such a database speaks of."""
        return self.source_version or self.version


def of(sbom: Mapping[str, Any]) -> list[Component]:
    """Those of a CycloneDX or SPDX document, in order and each once; models and files left out."""
    found = _spdx(sbom) if "spdxVersion" in sbom else _cyclonedx(sbom.get("components"))
    return sorted(dict.fromkeys(found))


def _cyclonedx(entries: Any) -> Iterator[Component]:
    for entry in _objects(entries):
        purl = _text(entry, "purl")
        if purl:
            name = _text(entry, "name")
            yield _component(purl, name, _text(entry, "version"), _licences(entry))
        yield from _cyclonedx(entry.get("components"))


def _spdx(document: Mapping[str, Any]) -> Iterator[Component]:
    for entry in _objects(document.get("packages")):
        references = _objects(entry.get("externalRefs"))
        purl = next(
            (_text(x, "referenceLocator") for x in references if x.get("referenceType") == "purl"),
            "",
        )
        said = (_text(entry, "licenseConcluded"), _text(entry, "licenseDeclared"))
        licences = tuple(x for x in said if x not in _NO_LICENCE)[:1]
        if purl:
            yield _component(purl, _text(entry, "name"), _text(entry, "versionInfo"), licences)


def _component(purl: str, name: str, version: str, licences: tuple[str, ...]) -> Component:
    kind, _, rest = purl.removeprefix("pkg:").partition("/")
    path, _, query = rest.partition("#")[0].partition("?")
    said = unquote(path.rpartition("/")[2].partition("@")[2]) or version
    if kind == "pypi":
        return Component(name, said, PYPI, licences=licences)
    # Ubuntu's packages have other versions and advisories than those of the same name in Debian.
    if (kind, path.partition("/")[0]) != ("deb", "debian"):
        return Component(name, said, licences=licences)
    pairs = (one.partition("=") for one in query.split("&"))
    qualifiers = {key: unquote(value) for key, _, value in pairs}
    source, _, source_version = qualifiers.get("upstream", "").partition("@")
    # A package that was only built again has its source's version, and +b1.
    own = re.sub(r"\+b\d+\Z", "", said)
    return Component(
        name,
        said,
        f"{DEBIAN}:{_release(qualifiers.get('distro', ''))}",
        source or name,
        source_version or own,
        licences,
    )


def _release(distro: str) -> str:
    """ "12" for "debian-12", "debian-12.5" and "bookworm"; nothing where it is not said."""
    last = distro.rpartition("-")[2]
    return _SUITES.get(last, last.partition(".")[0])


def _licences(entry: Mapping[str, Any]) -> tuple[str, ...]:
    said = []
    for one in _objects(entry.get("licenses")):
        licence = one.get("license")
        inner = licence if isinstance(licence, dict) else {}
        said.append(_text(one, "expression") or _text(inner, "id") or _text(inner, "name"))
    return tuple(x for x in dict.fromkeys(said) if x not in _NO_LICENCE)


def _objects(entries: Any) -> Sequence[Mapping[str, Any]]:
    return [x for x in entries if isinstance(x, dict)] if isinstance(entries, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
