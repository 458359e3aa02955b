"""Fetch the indexes of an archive: signed InRelease first, then what it vouches for by hash."""

from __future__ import annotations

import hashlib
import lzma
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lading.building.debian import index, mirrors, release
from lading.building.debian.index import Package
from lading.building.debian.suites import Source
from lading.errors import ArchiveError


@dataclass(frozen=True)
class Archive:
    """Reads suites' indexes by way of a cache.

    InRelease is asked for each time; an index that its hash says is known is not fetched again.
    """

    cache: Path
    """A folder; what lies in it may be deleted at any time."""
    keyring: bytes = field(default_factory=release.debian_keys)
    """OpenPGP certificates, concatenated."""

    def packages(self, source: Source, architecture: str) -> list[Package]:
        """Every package of `source` for an architecture.

        Raises ArchiveError for a bad signature, a wrong hash, a truncated or missing file.
        """
        where = f"{source.archive}/dists/{source.suite}"
        with mirrors.client() as client:
            signed = _get(client, source, f"dists/{source.suite}/InRelease")
            found = release.read(signed, self.keyring, f"{where}/InRelease")
            path = f"main/binary-{architecture}/Packages.xz"
            if path not in found.hashes:
                raise ArchiveError("not in this suite", where=where, expected=path, came="no such")
            sha256, size = found.hashes[path]
            kept = self.cache / "debian" / f"{sha256}.{index.FORMAT}"
            if (known := index.load(kept)) is not None:
                return known
            beside = f"main/binary-{architecture}/by-hash/SHA256/{sha256}"
            name = beside if found.by_hash else path
            packed = _get(client, source, f"dists/{source.suite}/{name}")
        packages = index.parse(_unpacked(packed, sha256, size, f"{where}/{path}"), source.archive)
        _keep(kept, index.dump(packages))
        return packages


def _get(client: httpx.Client, source: Source, path: str) -> bytes:
    urls = mirrors.urls(source.archive, path)
    came = ""
    for _ in range(mirrors.ATTEMPTS):
        for url in urls:
            try:
                answer = client.get(url)
            except httpx.HTTPError as error:
                came = came or str(error) or type(error).__name__
                continue
            if answer.is_success:
                return answer.content
            came = f"HTTP status {answer.status_code}"
    raise mirrors.unreachable(f"{source.archive}/{path}", urls, came)


def _unpacked(packed: bytes, sha256: str, size: int, where: str) -> bytes:
    came = hashlib.sha256(packed).hexdigest()
    if came != sha256:
        raise ArchiveError(
            "is not the index that InRelease names",
            where=where,
            expected=f"SHA-256 {sha256} of {size} bytes",
            came=f"{came} of {len(packed)} bytes",
            todo="try again; a mirror may be in the middle of an update",
        )
    try:
        return lzma.decompress(packed)
    except lzma.LZMAError as error:
        raise ArchiveError("cannot be unpacked", where=where, came=str(error)) from error


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).replace(path)
