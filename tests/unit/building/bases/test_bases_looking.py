"""What is learned of an image: its Python, its C library, its user, its Debian."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from lading.building.bases import debian_base, libc, looking, pythons
from lading.building.bases.pythons import Python
from lading.building.recipe import Environment
from lading.errors import LockError
from tests.unit.building.bases.conftest import image

LIBRARY = "usr/local/lib/python3.12/os.py"
SLIM = {"usr/local/bin/python3.12": b"", "usr/local/bin/python3": "-> python3.12", LIBRARY: b""}
DEBIAN = {
    "usr/bin/python3.11": b"",
    "usr/bin/python3": "-> python3.11",
    "usr/lib/python3.11/os.py": b"",
    "etc/debian_version": b"12\n",
}


@pytest.mark.parametrize(
    ("files", "path", "found"),
    [
        (
            {**DEBIAN, **SLIM},
            "/usr/local/bin:/usr/bin",
            ("3.12", "/usr/local/bin/python3", "/usr/local/lib/python3.12/site-packages"),
        ),
        (
            {**DEBIAN, **SLIM},
            "/usr/bin:/usr/local/bin",
            ("3.11", "/usr/bin/python3", "/usr/local/lib/python3.11/dist-packages"),
        ),
        (
            {"opt/conda/bin/python": b"", "opt/conda/lib/python3.10/os.py": b""},
            "/usr/bin",
            ("3.10", "/opt/conda/bin/python", "/opt/conda/lib/python3.10/site-packages"),
        ),
        (
            {
                **DEBIAN,
                "opt/venv/bin/python3": "-> /usr/bin/python3",
                "opt/venv/pyvenv.cfg": b"home = /usr/bin\n",
            },
            "/opt/venv/bin:/usr/bin",
            ("3.11", "/opt/venv/bin/python3", "/opt/venv/lib/python3.11/site-packages"),
        ),
    ],
)
def test_the_python_is_the_one_that_a_container_would_start(made, files, path, found) -> None:
    python = pythons.find(made(files), {"PATH": path}, "it")
    assert (python.version, python.path, python.site) == found


@pytest.mark.parametrize(
    ("files", "came"),
    [
        ({"bin/sh": b""}, "no python3 in it"),
        (
            {"usr/bin/python3.8": b"", "usr/bin/python3": "-> python3.8"},
            "/usr/bin/python3 (not CPython)",
        ),
        (
            {
                "usr/bin/python3.8": b"",
                "usr/bin/python3": "-> python3.8",
                "usr/lib/python3.8/os.py": b"",
            },
            "/usr/bin/python3 (Python 3.8)",
        ),
        (
            {"usr/bin/python3": "-> pypy3.10", "usr/bin/pypy3.10": b""},
            "/usr/bin/python3 (not CPython)",
        ),
    ],
)
def test_an_image_without_a_python_of_use_is_refused_with_what_it_has(made, files, came) -> None:
    with pytest.raises(LockError) as refused:
        pythons.find(made(files), {"PATH": "/usr/bin"}, "nvidia/cuda:12")
    assert str(refused.value) == (
        "nvidia/cuda:12: the image has no Python that can be used: expected CPython 3.9 to 3.14, "
        f"with its standard library, got {came}; take an image with Python, or make one on top of "
        "this one; docs/reference/bases.md tells how"
    )


def test_the_standard_library_is_below_what_the_python_lies_in() -> None:
    python = Python("3.12", "/opt/venv/bin/python3", "/usr/local/bin/python3.12", "/usr/local", "")
    assert python.library == "/usr/local/lib/python3.12"


def test_the_c_library_of_a_real_python_is_read_from_its_file(made) -> None:
    """This machine's own, which tests/interpreter.py knows to be Debian's."""
    program = Path("/usr/bin/python3").resolve()
    library = next(Path("/usr/lib").glob("*-linux-gnu/libc.so.6"))
    loader = next(Path("/usr/lib").glob("*-linux-gnu/ld-linux-*.so.*"))
    files = {str(one)[1:]: one.read_bytes() for one in (program, library, loader)}
    links = {"lib": "-> usr/lib", "lib64": f"-> {loader.parent}"}
    version = libc.version(made({**files, **links}), str(program), "it")
    assert version == platform.libc_ver(str(library))[1]


def test_an_image_of_cuda_with_the_python_of_its_ubuntu_is_stood_on(tmp_path) -> None:
    """The two lines of docs/reference/bases.md, as `docker build` lays them."""
    library = next(Path("/usr/lib").glob("*-linux-gnu/libc.so.6"))
    loader = next(Path("/usr/lib").glob("*-linux-gnu/ld-linux-*.so.*"))
    below = {
        "etc/os-release": b"ID=ubuntu\nVERSION_CODENAME=jammy\n",
        "etc/debian_version": b"bookworm/sid\n",
        "usr/local/cuda/lib64/libcudart.so.12": b"",
        **{str(one)[1:]: one.read_bytes() for one in (library, loader)},
        "lib": "-> usr/lib",
        "lib64": f"-> {loader.parent}",
    }
    python = {
        "usr/bin/python3.10": Path("/usr/bin/python3").resolve().read_bytes(),
        "usr/bin/python3": "-> python3.10",
        "usr/lib/python3.10/os.py": b"",
        "usr/lib/python3/dist-packages/README": b"",
    }
    env = ["PATH=/usr/local/cuda/bin:/usr/bin", "LD_LIBRARY_PATH=/usr/local/cuda/lib64"]
    environment = Environment("gpu", "", None, base="team/cuda")
    told = image(below, python, Env=[*env, "NVIDIA_VISIBLE_DEVICES=all"])
    seen = looking.look(environment, told, "linux/amd64", tmp_path)
    assert (seen.python, seen.suite) == ("3.10", "")
    assert seen.image.site == "/usr/local/lib/python3.10/dist-packages"
    assert seen.image.env[:2] == tuple(env)


def test_what_is_no_elf_has_no_c_library(made) -> None:
    with pytest.raises(LockError, match=r"it: has no glibc that can be found: expected glibc"):
        libc.version(made({"usr/bin/python3": b"#!/bin/sh\n"}), "/usr/bin/python3", "it")


PASSWD = b"root:x:0:0::/:\nweb:x:33:34::/:\ntoor:x:0:0::/:\n"


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("web", "33:34"),
        ("web:staff", "33:50"),
        ("101", "101:101"),
        ("33", "33:34"),
        ("101:7", "101:7"),
        ("", ""),
        ("root", ""),
        ("toor", ""),
        ("0:33", ""),
    ],
)
def test_a_user_is_locked_in_numbers_and_roots_as_none(tmp_path, said, numbers) -> None:
    files = {"etc/passwd": PASSWD, "etc/group": b"staff:x:50:\n"}
    environment = Environment("web", "", None, base="team/web", foreign=True)
    seen = looking.look(environment, image(files, User=said), "linux/amd64", tmp_path)
    assert seen.image.user == numbers


def test_the_ports_that_an_image_exposes_are_known(tmp_path) -> None:
    environment = Environment("web", "", None, base="team/web", foreign=True)
    exposed = {"8443/tcp": {}, "80": {}, "53/udp": {}, "odd": {}}
    told = image({"a": b""}, ExposedPorts=exposed)
    assert looking.look(environment, told, "linux/amd64", tmp_path).image.ports == (80, 8443)


def test_a_user_that_is_not_in_the_image_is_refused(tmp_path) -> None:
    environment = Environment("web", "", None, base="team/web", foreign=True)
    with pytest.raises(LockError) as refused:
        looking.look(environment, image({"a": b""}, User="nginx"), "linux/amd64", tmp_path)
    assert str(refused.value) == "team/web: it runs as a user that is not in it: got User nginx"


def test_an_image_of_another_platform_is_refused(tmp_path) -> None:
    environment = Environment("web", "", None, base="team/web", foreign=True)
    with pytest.raises(LockError) as refused:
        looking.look(environment, image({"a": b""}), "linux/arm64", tmp_path)
    assert str(refused.value) == (
        "team/web: the image is not for linux/arm64: expected linux/arm64, got linux/amd64"
    )


def test_another_python_than_is_asked_for_is_refused(tmp_path) -> None:
    environment = Environment("ocr", "3.11", None, base="python:3.12-slim")
    with pytest.raises(LockError) as refused:
        looking.look(environment, image(SLIM), "linux/amd64", tmp_path)
    assert str(refused.value) == (
        "python:3.12-slim: the image has another Python than is asked for: expected Python 3.11, "
        "as `python` of ocr says, got Python 3.12 (/usr/local/bin/python3); leave `python` out, or "
        "take another image"
    )


@pytest.mark.parametrize(
    ("release", "suite"),
    [
        (b"ID=debian\nVERSION_CODENAME=bookworm\n", "bookworm"),
        (b"ID=ubuntu\nVERSION_CODENAME=jammy\n", ""),
        (b"ID=debian\nVERSION_CODENAME=sid\n", ""),
        (b"", ""),
    ],
)
def test_only_a_debian_that_is_known_is_one(made, release, suite) -> None:
    found = made({"usr/lib/os-release": release, "etc/os-release": "-> ../usr/lib/os-release"})
    assert looking.suite(found) == suite


STATUS = b"""\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9
Provides: libc6-2.36

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
MERGED = {"usr/bin/sh": b"", "usr/lib/x": b"", "bin": "-> usr/bin", "lib": "-> usr/lib"}


def test_what_is_installed_is_what_dpkg_says(made) -> None:
    found = made({**MERGED, "var/lib/dpkg/status": STATUS})
    packages = debian_base.installed(found, "bookworm", "amd64", "it")
    assert [(one.name, one.version) for one in packages] == [("libc6", "2.36-9")]


@pytest.mark.parametrize(
    ("files", "suite", "came"),
    [
        (MERGED, "", "another system"),
        ({"bin/sh": b"", "lib/x": b""}, "bookworm", "a /usr that is not merged"),
        (MERGED, "bookworm", "no list of what is installed"),
    ],
)
def test_packages_are_added_only_to_a_debian_that_can_take_them(made, files, suite, came) -> None:
    with pytest.raises(LockError) as refused:
        debian_base.installed(made(files), suite, "amd64", "ubi9")
    assert str(refused.value) == (
        f"ubi9: `packages` are Debian's, and cannot be added to this image: got {came}; take an "
        "image of Debian bullseye, bookworm or trixie, or one that has them"
    )
