"""A small image with a shell in it, made by hand, and whether this machine can run it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest

from lading.engines.embedded import check
from lading.oci import Descriptor, Digest, Image, Layer, assemble, media_types
from lading.stores.memory import Memory
from tests import interpreter

_APPLETS = (
    "cat chmod chown dd echo env grep head hostname httpd id ip kill ln ls mkdir mknod mount nc "
    "nslookup ps rm sh sleep stat tail test touch true unshare wc wget which"
)


def promised() -> bool:
    """Whether whoever runs the tests promised that containers can run here."""
    return os.environ.get("LADING_TEST_ENGINE") == "1"


def lacking(reason: str) -> None:
    """Skip on a laptop, fail where the engine was promised."""
    if promised():
        pytest.fail(f"LADING_TEST_ENGINE=1, but {reason}")
    pytest.skip(reason)


def need_engine() -> None:
    for finding in check():
        if finding.required and not finding.ok:
            lacking(f"{finding.detail}; {finding.mend}")
    if _program() is None:
        lacking("there is no static busybox; run: sudo apt-get install -y busybox-static")


def store_with(image: Image) -> Memory:
    store = Memory()
    store.write(image)
    return store


@cache
def image(layers: int = 1, python: bool = False) -> Image:
    """Busybox, on top of as many more layers as asked for; with a Python, as Lading's images."""
    below = [_layer({f"below/{number}": str(number).encode()}) for number in range(layers - 1)]
    if python:
        below.append(_layer(interpreter.files()))
    # Podman leaves /tmp the mode that an image gives it.
    tmp = 0o1777 if python else 0o755
    program = _program()
    assert program is not None
    top = _layer(
        {"bin/busybox": program.read_bytes()}, dict.fromkeys(_APPLETS.split(), "busybox"), tmp
    )
    settings = {
        "os": "linux",
        "architecture": "amd64",
        "config": {
            "Env": ["COLOUR=red", "SHAPE=round"],
            "Entrypoint": ["/bin/echo"],
            "Cmd": ["from", "the", "image"],
            "WorkingDir": "/work",
            **({"Labels": {"io.lading.python": interpreter.VERSION}} if python else {}),
        },
    }
    return assemble(settings, (*below, top))


def _layer(files: dict[str, bytes], links: dict[str, str] | None = None, tmp: int = 0o755) -> Layer:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("work", "tmp", "etc"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, tmp if folder == "tmp" else 0o755
            tar.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(f"bin/{name}")
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    content = buffer.getvalue()
    descriptor = Descriptor.of(media_types.LAYER, content)
    return Layer(descriptor, Digest.of(content), lambda: io.BytesIO(content))


@cache
def _program() -> Path | None:
    """The machine's busybox, if it is linked statically: the image has no libraries."""
    found = shutil.which("busybox", path="/usr/local/bin:/usr/bin:/bin")
    if found is None:
        return None
    linked = subprocess.run(["ldd", found], capture_output=True, text=True, check=False)
    static = "not a dynamic executable" in linked.stdout + linked.stderr
    return Path(found) if static else None
