"""InRelease: the signed list of an archive's indexes and their hashes.

Source of the format: https://wiki.debian.org/DebianRepository/Format#A.22Release.22_files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import resources

from pysequoia import Cert, verify

from lading.errors import ArchiveError

_SHA256_LINE = re.compile(r"^ ([0-9a-f]{64})\s+(\d+)\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Release:
    """What a verified InRelease says."""

    hashes: Mapping[str, tuple[str, int]]
    """SHA-256 and size in bytes by path below the suite: "main/binary-amd64/Packages.xz"."""
    by_hash: bool


@cache
def debian_keys() -> bytes:
    """Debian's archive keyring, as its package debian-archive-keyring ships it."""
    return resources.files(__package__).joinpath("keyring.gpg").read_bytes()


def read(signed: bytes, keyring: bytes, where: str, now: datetime | None = None) -> Release:
    """A Release from a signed file.

    Raises ArchiveError where no key of `keyring` signed it, it names no indexes, or it is past the
    date until which it is valid.
    """
    fields = _verified(signed, keyring, where).decode("utf-8", "replace")
    _check_dates(fields, where, now or datetime.now(UTC))
    hashes = {path: (sha256, int(size)) for sha256, size, path in _SHA256_LINE.findall(fields)}
    if not hashes:
        raise ArchiveError("names no index", where=where, expected="SHA256 lines", came="none")
    return Release(hashes, _field(fields, "Acquire-By-Hash") == "yes")


def _verified(signed: bytes, keyring: bytes, where: str) -> bytes:
    certificates = Cert.split_bytes(keyring)
    try:
        outcome = verify(signed, lambda _: certificates)
    except Exception as error:  # the library raises nothing more precise
        raise ArchiveError(
            "signature refused",
            where=where,
            expected="a valid signature by Debian's archive keys",
            came=str(error).splitlines()[0] if str(error) else type(error).__name__,
            todo="check this machine's clock and the mirror; a proxy may have changed the file",
        ) from error
    if not outcome.valid_sigs or outcome.bytes is None:
        raise ArchiveError(
            "signature refused",
            where=where,
            expected="a valid signature by Debian's archive keys",
            came="none",
        )
    return bytes(outcome.bytes)


def _check_dates(fields: str, where: str, now: datetime) -> None:
    until = _field(fields, "Valid-Until")
    if until and now > parsedate_to_datetime(until.replace("UTC", "+0000")):
        raise ArchiveError(
            "is out of date: the mirror is stale, or this machine's clock is wrong",
            where=where,
            expected=f"a time before {until}",
            came=f"{now:%a, %d %b %Y %H:%M:%S} UTC",
            todo="set the clock, or name another mirror in LADING_DEBIAN_MIRROR",
        )


def _field(fields: str, name: str) -> str:
    match = re.search(rf"^{name}: (.*)$", fields, re.MULTILINE)
    return match[1].strip() if match else ""
