"""What a library is called, what a program needs, and by which loader it is started.

Source of the format: System V ABI, "Object Files" (ELF-64, little endian alone: amd64 and arm64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<QQ")
_LOAD, _DYNAMIC_SEGMENT, _INTERPRETER = 1, 2, 3
_END, _NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 14, 15, 29
_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_PROGRAM, _SHARED = 2, 3

Segments = list[tuple[int, ...]]


@dataclass(frozen=True)
class Linked:
    """A program, or a shared library."""

    soname: str
    """Empty where it has none."""
    needed: tuple[str, ...]
    """Sonames of the libraries that are loaded with it."""
    loader: str
    """The path of the dynamic loader that starts it; empty for what is not started."""
    looks_elsewhere: bool
    """Whether it names folders of its own where libraries are looked for."""


def linked(content: bytes) -> Linked | None:
    """What a program or shared library says; None for anything else."""
    try:
        if not content.startswith(_ELF64_LITTLE_ENDIAN):
            return None
        header = _HEADER.unpack_from(content)
        if header[1] not in (_PROGRAM, _SHARED):
            return None
        first, size, count = header[5], header[9], header[10]
        segments = [_SEGMENT.unpack_from(content, first + i * size) for i in range(count)]
        return _linked(content, segments)
    except (struct.error, ValueError):
        return None


def soname(library: bytes) -> str | None:
    """A shared library's SONAME, "" where it has none; None for anything else."""
    found = linked(library)
    return found.soname if found and library[16] == _SHARED and _is_dynamic(library) else None


def needed(content: bytes) -> tuple[str, ...]:
    """Sonames that a program or library is loaded with; none for anything else."""
    found = linked(content)
    return found.needed if found else ()


def loader(program: bytes) -> str:
    """The path of the loader that starts a program; empty where none does."""
    found = linked(program)
    return found.loader if found else ""


def _is_dynamic(content: bytes) -> bool:
    header = _HEADER.unpack_from(content)
    starts = range(header[5], header[5] + header[9] * header[10], header[9])
    return any(_SEGMENT.unpack_from(content, at)[0] == _DYNAMIC_SEGMENT for at in starts)


def _linked(content: bytes, segments: Segments) -> Linked:
    tags = _tags(content, segments)

    def texts(tag: int) -> tuple[str, ...]:
        if tag not in tags or _STRTAB not in tags:
            return ()
        table = _offset(tags[_STRTAB][0], segments)
        return tuple(_text(content, table + value) for value in tags[tag])

    return Linked(
        "".join(texts(_SONAME)[:1]),
        texts(_NEEDED),
        _loader(content, segments),
        _RPATH in tags or _RUNPATH in tags,
    )


def _tags(content: bytes, segments: Segments) -> dict[int, list[int]]:
    """Values of the dynamic section, by tag."""
    tags: dict[int, list[int]] = {}
    for segment in segments:
        if segment[0] == _DYNAMIC_SEGMENT:
            for at in range(segment[2], segment[2] + segment[5], _DYNAMIC.size):
                tag, value = _DYNAMIC.unpack_from(content, at)
                if tag == _END:
                    break
                tags.setdefault(tag, []).append(value)
    return tags


def _loader(content: bytes, segments: Segments) -> str:
    for segment in segments:
        if segment[0] == _INTERPRETER:
            return _text(content, segment[2])
    return ""


def _text(content: bytes, at: int) -> str:
    return content[at : content.index(b"\0", at)].decode("utf-8", "replace")


def _offset(address: int, segments: Segments) -> int:
    """Where in the file that lies which is loaded at `address`."""
    for kind, _, offset, virtual, _, in_file, _, _ in segments:
        if kind == _LOAD and virtual <= address < virtual + in_file:
            return address - virtual + offset
    raise struct.error(f"no segment holds {address:#x}")
