"""The one thing the dynamic linker's cache needs of a library: its SONAME.

Source of the format: System V ABI, "Object Files" (ELF-64, little endian alone: amd64 and arm64).
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<QQ")
_LOAD, _DYNAMIC_SEGMENT = 1, 2
_END, _STRTAB, _SONAME = 0, 5, 14
_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_SHARED = 3


def soname(library: bytes) -> str | None:
    """A shared library's SONAME, "" where it has none; None for anything else."""
    try:
        if not library.startswith(_ELF64_LITTLE_ENDIAN):
            return None
        header = _HEADER.unpack_from(library)
        if header[1] != _SHARED:
            return None
        first, size, count = header[5], header[9], header[10]
        segments = [_SEGMENT.unpack_from(library, first + i * size) for i in range(count)]
        return _soname(library, segments)
    except struct.error:
        return None


def _soname(library: bytes, segments: list[tuple[int, ...]]) -> str | None:
    dynamic = next((s for s in segments if s[0] == _DYNAMIC_SEGMENT), None)
    if dynamic is None:
        return None
    tags = dict[int, int]()
    for at in range(dynamic[2], dynamic[2] + dynamic[5], _DYNAMIC.size):
        tag, value = _DYNAMIC.unpack_from(library, at)
        if tag == _END:
            break
        tags.setdefault(tag, value)
    if _SONAME not in tags or _STRTAB not in tags:
        return ""
    at = _offset(tags[_STRTAB], segments) + tags[_SONAME]
    return library[at : library.index(b"\0", at)].decode("utf-8", "replace")


def _offset(address: int, segments: list[tuple[int, ...]]) -> int:
    """Where in the file that lies which is loaded at `address`."""
    for kind, _, offset, virtual, _, in_file, _, _ in segments:
        if kind == _LOAD and virtual <= address < virtual + in_file:
            return address - virtual + offset
    raise struct.error(f"no segment holds {address:#x}")
