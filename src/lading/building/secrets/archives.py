"""Looks through what is packed in an archive: a zip, as wheels and documents are, or a tar.

What an archive holds is as easily read as what lies beside it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import IO

from lading.building.secrets import scanning
from lading.building.secrets.finding import Finding
from lading.building.secrets.scanning import CHUNK_BYTES, PACKED, ZIP, Scan

MOST_BYTES = 256 << 20
"""Unpacked, of one archive: some 3 s of texts, and no more of what is made to unpack for ever."""
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError),
    # A password is needed, or a method of compression that Python does not know.
    *(RuntimeError, NotImplementedError, ValueError, gzip.BadGzipFile),
)


def scan(path: Path, name: str) -> list[Finding]:
    """What is found in the files of an archive, `name/path`; nothing where it is none.

    What is damaged, or has a password, is looked through as far as it can be read. Archives within
    archives are not opened. Raises OSError where the file itself cannot be read.
    """
    start = scanning.start_of(path)
    found: list[Finding] = []
    if not scanning.is_archive(start):
        return found
    left = MOST_BYTES
    try:
        for member, size, content in _members(path, start):
            one = Scan(f"{name}/{member}", size)
            while left > 0 and (piece := content.read(CHUNK_BYTES)):
                left -= len(piece)
                one.feed(piece)
            found += one.found
            if left <= 0:
                break
    except _DAMAGED:
        pass
    except OSError as error:
        # Of bzip2, for bytes that are none of its own; of the disk there is a number.
        if error.errno:
            raise
    return found


def _members(path: Path, start: bytes) -> Iterator[tuple[str, int, IO[bytes] | BufferedIOBase]]:
    if start.startswith(ZIP):
        with zipfile.ZipFile(path) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    with packed.open(info) as content:
                        yield info.filename, info.file_size, content
        return
    if start.startswith(PACKED) and not _holds_a_tar(path, start):
        with _opened(path, start) as content:
            yield path.stem, path.stat().st_size, content
        return
    with tarfile.open(path, "r|*") as tar:
        for member in tar:
            if member.isfile() and (inside := tar.extractfile(member)):
                yield member.name, member.size, inside


def _holds_a_tar(path: Path, start: bytes) -> bool:
    with _opened(path, start) as content:
        return scanning.is_tar(content.read(512))


def _opened(path: Path, start: bytes) -> BufferedIOBase:
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    return bz2.open(path) if start.startswith(b"BZh") else lzma.open(path)
