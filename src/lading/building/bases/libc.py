"""Which C library an image has, as wheels' tags ask for it: by its own file, never by running it.

Source: PEP 600 (manylinux), PEP 656 (musllinux).
"""

from __future__ import annotations

import re

from lading.building.bases.unpacked import Unpacked
from lading.building.debian import elf
from lading.errors import LockError

_BANNER = re.compile(rb"GNU C Library [^\n]*?version (\d+)\.(\d+)")
_SYMBOLS = re.compile(rb"GLIBC_(\d+)\.(\d+)")
_NAME = "libc.so.6"
_TODO = "take one that is built on Debian, Ubuntu or another with glibc, such as python:3.12-slim"


def version(image: Unpacked, program: str, reference: str) -> str:
    """Of glibc, "2.36": that of the loader by which `program` is started.

    Raises LockError for an image whose C library is another, as Alpine's is.
    """
    image.bring([program])
    loader = elf.loader(image.read(program) or b"")
    if "musl" in loader:
        raise LockError(
            "its C library is musl, as in images of Alpine; most packages have no wheel for it",
            where=reference,
            expected="glibc",
            came=loader,
            todo=_TODO,
        )
    found = image.tree.file(loader) if loader else None
    beside = f"{found.rpartition('/')[0]}/{_NAME}" if found else ""
    library = next((one for one in (beside, *_known(image)) if image.tree.file(one)), None)
    image.bring([library] if library else [])
    content = (image.read(library) if library else None) or b""
    told = _BANNER.findall(content) or _SYMBOLS.findall(content)
    if not told:
        came = loader or "a Python that is linked statically"
        raise LockError("has no glibc that can be found", reference, "glibc", came, _TODO)
    major, minor = max((int(one), int(other)) for one, other in told)
    return f"{major}.{minor}"


def _known(image: Unpacked) -> list[str]:
    folders = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "lib64", "lib")
    return [f"{one}/{_NAME}" for one in folders]
