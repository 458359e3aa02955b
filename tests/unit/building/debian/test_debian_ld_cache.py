"""The linker's cache is one that glibc's own tools and loader read."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lading.building.debian import elf, ld_cache
from lading.building.layers.entry import Entry, file, symlink


def library(folder: Path, name: str, *, flags: tuple[str, ...] = ()) -> bytes:
    """A real shared library, made by the compiler of this machine."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("a C compiler promised, and not installed")
        pytest.skip("no C compiler here")
    source = folder / "one.c"
    source.write_text("int answer(void) { return 42; }\n")
    made = folder / f"{name}.built"
    command = [compiler, "-shared", "-fPIC", "-o", str(made), str(source), *flags]
    subprocess.run(command, check=True)
    return made.read_bytes()


def listed(cache: bytes, folder: Path) -> list[str]:
    ldconfig = shutil.which("ldconfig", path="/usr/sbin:/sbin")
    if ldconfig is None:
        pytest.skip("no ldconfig here")
    (folder / "cache").write_bytes(cache)
    command = [ldconfig, "-p", "-C", str(folder / "cache")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.strip() for line in done.stdout.splitlines()[1:] if "=>" in line]


def as_files(*entries: Entry) -> dict[str, Entry]:
    return {entry.path: entry for entry in entries}


def test_a_soname_is_read_from_a_real_library(tmp_path: Path) -> None:
    named = library(tmp_path, "a", flags=("-Wl,-soname,libanswer.so.3",))
    assert elf.soname(named) == "libanswer.so.3"
    assert elf.soname(library(tmp_path, "b")) == ""
    assert elf.soname(named[:100]) is None
    assert elf.soname(b"#!/bin/sh\n") is None


def test_ldconfig_lists_what_the_cache_holds_in_its_own_order(tmp_path: Path) -> None:
    content = [library(tmp_path, x, flags=(f"-Wl,-soname,{x}",)) for x in _NAMES]
    files = as_files(
        file("etc/ld.so.conf.d/own.conf", b"# ours\n/opt/own/lib\n/lib/x86_64-linux-gnu\n"),
        *(file(f"opt/own/lib/{x}", c) for x, c in zip(_NAMES, content, strict=True)),
        file("usr/lib/libanswer.so.2", content[1]),
        file("usr/share/libanswer.so.9", content[1]),
    )
    assert listed(ld_cache.cache(files, "amd64"), tmp_path) == [
        "libzebra.so.1 (libc6,x86-64) => /opt/own/lib/libzebra.so.1",
        "libanswer.so.10 (libc6,x86-64) => /opt/own/lib/libanswer.so.10",
        "libanswer.so.2 (libc6,x86-64) => /opt/own/lib/libanswer.so.2",
    ]


_NAMES = ("libanswer.so.10", "libanswer.so.2", "libzebra.so.1")


def test_links_by_way_of_alternatives_are_followed(tmp_path: Path) -> None:
    content = library(tmp_path, "blas", flags=("-Wl,-soname,libblas.so.3",))
    files = as_files(
        file("usr/lib/fast/libblas.so.3", content),
        symlink("etc/alternatives/libblas.so.3", "/lib/fast/libblas.so.3"),
        symlink("usr/lib/libblas.so.3", "/etc/alternatives/libblas.so.3"),
        symlink("usr/lib/libloop.so.1", "libloop.so.1"),
    )
    assert listed(ld_cache.cache(files, "amd64"), tmp_path) == [
        "libblas.so.3 (libc6,x86-64) => /usr/lib/libblas.so.3"
    ]


def test_the_loader_finds_a_library_by_the_cache_alone(tmp_path: Path) -> None:
    if not (chroot := shutil.which("chroot", path="/usr/sbin:/usr/bin")) or not _is_root():
        pytest.skip("a chroot needs root")
    libraries = subprocess.run(
        ["ldd", "/bin/true"], check=True, capture_output=True, text=True
    ).stdout
    needed = [word for word in libraries.split() if word.startswith("/")]
    root = tmp_path / "root"
    for path in [*needed, "/bin/true"]:
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / path[1:])
    content = library(tmp_path, "answer", flags=("-Wl,-soname,libanswer.so.1",))
    (root / "opt/own").mkdir(parents=True)
    (root / "opt/own/libanswer.so.1").write_bytes(content)
    files = as_files(
        file("etc/ld.so.conf.d/own.conf", b"/opt/own\n"),
        file("opt/own/libanswer.so.1", content),
    )
    (root / "etc").mkdir()
    loader = next(path for path in needed if "/ld-linux" in path)
    run = [chroot, str(root), loader, "--preload", "libanswer.so.1", "/bin/true"]
    without = subprocess.run(run, capture_output=True, text=True, check=False)
    assert "libanswer.so.1" in without.stderr
    (root / "etc/ld.so.cache").write_bytes(ld_cache.cache(files, "amd64"))
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _is_root() -> bool:
    return os.geteuid() == 0
