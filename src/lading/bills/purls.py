"""Package URLs: one name for a package, whichever tool reads it.

Source: https://github.com/package-url/purl-spec, types deb, pypi, generic.
"""

from __future__ import annotations

from packageurl import PackageURL

_DEBIAN = {"bullseye": "debian-11", "bookworm": "debian-12", "trixie": "debian-13"}


def deb(name: str, version: str, architecture: str, suite: str) -> str:
    """Of a Debian package; `suite` is a code name, or already `debian-12`."""
    return distribution("debian", name, version, architecture, _DEBIAN.get(suite, suite))


def distribution(
    vendor: str, name: str, version: str, architecture: str, distro: str, upstream: str = ""
) -> str:
    """Of a .deb of any distribution. `upstream` is the source package where it is another, by
    which advisories are told: `glibc`, `bzip2@1.0.8-5`."""
    told = {"arch": architecture, "distro": distro, "upstream": upstream}
    qualifiers = {key: text for key, text in told.items() if text}
    return PackageURL("deb", vendor, name, version, qualifiers).to_string()


def wheel(name: str, version: str) -> str:
    """Of a Python package."""
    return PackageURL("pypi", None, name, version).to_string()


def generic(name: str, version: str) -> str:
    """Of what no registry of packages has."""
    return PackageURL("generic", None, name, version or None).to_string()
