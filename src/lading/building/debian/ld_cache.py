"""/etc/ld.so.cache, made without running ldconfig.

Source of the format: glibc, sysdeps/generic/dl-cache.h (`struct cache_file_new`, magic
"glibc-ld.so.cache" and version "1.1") and elf/dl-cache.c (`_dl_cache_libcmp`, the order).
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Iterator, Mapping

from lading.building.debian import elf
from lading.building.layers.entry import Entry, Kind

PATH = "etc/ld.so.cache"
_CONFIGURATION = "etc/ld.so.conf.d/"
_DEFAULT_FOLDERS = ("usr/lib", "usr/lib64")
_HEADER = struct.Struct("<20sIIB3xI12x")
_LIBRARY = struct.Struct("<iIIIQ")
_LITTLE_ENDIAN = 2
_FLAGS = {"amd64": 0x0303, "arm64": 0x0A03}
"""FLAG_ELF_LIBC6 with FLAG_X8664_LIB64 or FLAG_AARCH64_LIB64 (sysdeps/generic/ldconfig.h)."""
_MAX_LINKS = 8


def cache(files: Mapping[str, Entry], architecture: str) -> bytes:
    """The bytes of the cache for an image that holds `files`, by path."""
    libraries = sorted(_libraries(files).items(), key=lambda found: _order(found[0]), reverse=True)
    strings, libraries_at = bytearray(), _HEADER.size
    strings_at = libraries_at + _LIBRARY.size * len(libraries)
    table = bytearray()
    for name, path in libraries:
        name_at = strings_at + len(strings)
        strings += name.encode() + b"\0"
        path_at = strings_at + len(strings)
        strings += path.encode() + b"\0"
        table += _LIBRARY.pack(_FLAGS[architecture], name_at, path_at, 0, 0)
    header = _HEADER.pack(b"glibc-ld.so.cache1.1", len(libraries), len(strings), _LITTLE_ENDIAN, 0)
    return header + bytes(table) + bytes(strings)


def folders(files: Mapping[str, Entry]) -> tuple[str, ...]:
    """Where libraries are looked for: what /etc/ld.so.conf.d says, then the built-in folders."""
    named = [
        "usr" + line if line.startswith(("/lib", "/lib64")) else line[1:]
        for path in sorted(files)
        if path.startswith(_CONFIGURATION) and path.endswith(".conf")
        for line in _text(files[path]).splitlines()
        if line.startswith("/")
    ]
    return tuple(dict.fromkeys([*(name.rstrip("/") for name in named), *_DEFAULT_FOLDERS]))


def _text(entry: Entry) -> str:
    return _content(entry).decode("utf-8", "replace")


def _content(entry: Entry) -> bytes:
    return entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()


def _libraries(files: Mapping[str, Entry]) -> dict[str, str]:
    """Absolute path by name. Of a name in several folders, the first folder's counts."""
    wanted = {folder: position for position, folder in enumerate(folders(files))}
    candidates = sorted(
        (wanted[folder], path)
        for path in files
        if (folder := posixpath.dirname(path)) in wanted and _is_library_name(path)
    )
    found: dict[str, str] = {}
    for _, path in candidates:
        for name, at in _names(path, files):
            found.setdefault(name, f"/{at}")
    return found


def _is_library_name(path: str) -> bool:
    name = posixpath.basename(path)
    return name.startswith(("lib", "ld-", "ld.")) and ".so" in name


def _names(path: str, files: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """What a file or link in a library folder is known as, and the path to load for that."""
    folder, name = posixpath.split(path)
    real = _follow(path, files)
    if real is None or (own := elf.soname(_content(files[real]))) is None:
        return
    if files[path].kind is Kind.SYMLINK:
        # Links count under their own name: that is what a program or an alternative asks for.
        if name.endswith(".so") or name == own or posixpath.dirname(real) != folder:
            yield name, path
        return
    beside = posixpath.join(folder, own)
    yield own or name, beside if own and beside in files else path


def _follow(path: str, files: Mapping[str, Entry]) -> str | None:
    """The regular file at the end of a chain of links."""
    for _ in range(_MAX_LINKS):
        entry = files.get(path)
        if entry is None or entry.kind is Kind.FOLDER:
            return None
        if entry.kind is Kind.FILE:
            return path
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry.target))
        path = path.lstrip("/")
        if path.startswith(("lib/", "lib64/")):
            path = f"usr/{path}"
    return None


def _order(name: str) -> tuple[tuple[int, int], ...]:
    """Names compare character by character, but runs of digits as numbers."""
    return tuple(
        (1, int(run)) if run.isdigit() else (0, ord(run)) for run in re.findall(r"[0-9]+|.", name)
    )
