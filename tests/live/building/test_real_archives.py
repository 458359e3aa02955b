"""The real archives: locked, fetched, unpacked, and run without having been installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from lading.building import lockfile
from lading.building.debian import rootfs
from lading.building.debian.fetch import fetch
from lading.building.layers.entry import Entry, Kind
from lading.building.lockfile import Lock, LockedEnvironment
from lading.building.locking import Places, lock
from lading.building.progress import Silent
from lading.building.recipe import Environment
from lading.errors import ArchiveError

AMD64 = "linux/amd64"
PROBE = """
import bz2, ctypes, curses, decimal, hashlib, locale, lzma, pwd, readline, socket, sqlite3, ssl
import sys, uuid, xml.parsers.expat, zlib, zoneinfo
assert locale.setlocale(locale.LC_ALL, "C.UTF-8")
assert len(ssl.create_default_context().get_ca_certs()) > 100
assert zoneinfo.ZoneInfo("Europe/Berlin") and zoneinfo.ZoneInfo("UTC")
assert pwd.getpwuid(65532).pw_name == "nonroot" and socket.getservbyname("https") == 443
for name in ("libgomp.so.1", "libstdc++.so.6", "libcrypt.so.1", "libgcc_s.so.1", "libz.so.1"):
    ctypes.CDLL(name)
print("%d.%d" % sys.version_info[:2])
"""

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "http_proxy" not in os.environ:
        try:
            socket.create_connection(("deb.debian.org", 80), timeout=5).close()
        except OSError as error:
            pytest.skip(f"deb.debian.org cannot be reached: {error}")
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def chroot() -> list[str]:
    """What enters a root: as root, or by way of a user namespace."""
    path = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin")
    command = [path or "chroot"] if os.geteuid() == 0 else ["unshare", "-r", path or "chroot"]
    tried = subprocess.run(
        [*command, "/", "/bin/true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"no chroot here: {tried.stderr.strip()}")
    return command


def locked(cache: Path, python: str, *packages: str, platform: str = AMD64) -> LockedEnvironment:
    asked = Environment("it", python, None, packages)
    return lock([asked], [platform], Places(cache), None, False, Silent()).environments["it"][
        platform
    ]


def root_of(found: LockedEnvironment, cache: Path, root: Path) -> Path:
    """What an image of `found` would unpack to, with no requirements."""
    base = fetch(found.base, cache, Silent())
    materialise(rootfs.base_entries(base, found.python), root)
    if found.packages:
        materialise(rootfs.package_entries(base, fetch(found.packages, cache, Silent())), root)
    return root


def materialise(entries: list[Entry], root: Path) -> None:
    for entry in entries:
        path = root / entry.path
        if entry.kind is Kind.FOLDER:
            path.mkdir(exist_ok=True)
            path.chmod(entry.mode | 0o700)
            continue
        path.unlink(missing_ok=True)
        if entry.kind is Kind.SYMLINK:
            path.symlink_to(entry.target)
        else:
            assert isinstance(entry.content, bytes)
            path.write_bytes(entry.content)
            path.chmod(entry.mode)


@pytest.mark.parametrize("python", ["3.9", "3.11", "3.13"])
def test_each_python_runs_from_its_base(
    python: str, cache: Path, chroot: list[str], tmp_path: Path
) -> None:
    root = root_of(locked(cache, python), cache, tmp_path)
    assert not (root / "usr/bin/sh").exists()
    assert not (root / "usr/sbin/ldconfig").exists()
    size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    assert size < 52_000_000
    command = [*chroot, str(root), f"/usr/bin/python{python}", "-c", PROBE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{python}\n", "")


# bullseye's security archive lists packages for arm64 that it no longer holds.
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_the_other_machine_locks_and_unpacks_too(python: str, cache: Path) -> None:
    found = locked(cache, python, platform="linux/arm64")
    entries = rootfs.base_entries(fetch(found.base, cache, Silent()), python)
    paths = {entry.path for entry in entries}
    assert "usr/lib/aarch64-linux-gnu/libc.so.6" in paths
    assert "usr/lib/ld-linux-aarch64.so.1" in paths
    assert "lib64" not in paths


@pytest.mark.parametrize(
    ("package", "command", "printed"),
    [
        ("3.9/tesseract-ocr", "tesseract --version", "tesseract 4."),
        ("3.11/tesseract-ocr", "tesseract --list-langs", "eng"),
        ("3.11/nodejs", "js -e 'console.log(6 * 7)'", "42"),
        ("3.11/r-base-core", "Rscript -e 'solve(matrix(c(2, 1, 1, 3), 2))'", "0.6 -0.2"),
        ("3.11/apertium", "apertium -V && echo hi | apertium-destxt", "hi"),
        ("3.13/r-base-core", "Rscript -e 'cat(sum(1:4))'", "10"),
    ],
)
def test_packages_work_without_their_scripts(
    package: str, command: str, printed: str, cache: Path, chroot: list[str], tmp_path: Path
) -> None:
    python, _, name = package.partition("/")
    root = root_of(locked(cache, python, name), cache, tmp_path)
    done = subprocess.run(
        [*chroot, str(root), "/bin/sh", "-c", command],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed in done.stdout, done.stderr


def test_locking_twice_gives_the_same_and_keeps_what_still_is_asked_for(
    cache: Path, tmp_path: Path
) -> None:
    asked = [Environment("one", "3.11", None, ("nodejs",)), Environment("two", "3.13", None)]
    first = lock(asked, [AMD64], Places(cache), None, False, Silent())
    assert lock(asked, [AMD64], Places(cache), None, True, Silent()) == first
    assert lock(asked, [AMD64], Places(cache), first, False, Silent()) == first
    lockfile.write(tmp_path / "lading.lock", first)
    assert lockfile.read(tmp_path / "lading.lock") == first


def test_another_package_moves_nothing_else(cache: Path) -> None:
    before = Environment("one", "3.11", None, ("gzip",))
    after = Environment("one", "3.11", None, ("gzip", "zip"))
    first = lock([before], [AMD64], Places(cache), None, False, Silent()).environments["one"][AMD64]
    previous = Lock({"one": {AMD64: first}})
    second = lock([after], [AMD64], Places(cache), previous, False, Silent()).environments["one"][
        AMD64
    ]
    assert second.base == first.base
    assert set(first.packages) < set(second.packages)


def test_a_package_that_does_not_exist_is_named_with_its_neighbours(cache: Path) -> None:
    with pytest.raises(ArchiveError) as refused:
        locked(cache, "3.11", "tesseract-orc")
    assert refused.value.where == "tesseract-orc"
    assert refused.value.problem == "Debian bookworm has no such package"
    assert "tesseract-ocr" in refused.value.expected


def test_a_python_that_no_release_has_is_refused(cache: Path) -> None:
    with pytest.raises(ArchiveError) as refused:
        locked(cache, "3.12")
    assert str(refused.value) == (
        "python 3.12: no Debian release has this Python: expected 3.9 or 3.11 or 3.13, got 3.12;"
        " choose one of these"
    )


def test_a_package_that_needs_its_script_is_refused(cache: Path) -> None:
    found = locked(cache, "3.11", "graphviz")
    base = fetch(found.base, cache, Silent())
    with pytest.raises(ArchiveError, match="its postinst runs libgvc6-config-update"):
        rootfs.package_entries(base, fetch(found.packages, cache, Silent()))
