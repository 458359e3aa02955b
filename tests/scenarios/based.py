"""Images of others, made by hand as `docker build` makes them, in a registry of a test."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lading.building.debian import fetch, rootfs
from lading.building.layers import tar
from lading.building.locking import Places, lock
from lading.building.progress import Silent
from lading.building.recipe import Environment
from lading.oci.platforms import of_this_machine
from tests.registry_server import Registry, digest_of

_DOCKER = "application/vnd.docker."
MANIFEST = f"{_DOCKER}distribution.manifest.v2+json"
PYTHON = "3.11"
SITE = f"opt/venv/lib/python{PYTHON}/site-packages"


def put(
    registry: Registry, name: str, tag: str, layers: Iterable[bytes], config: Mapping[str, Any]
) -> str:
    """An image of tars, with Docker's media types and gzip; the digest of its manifest."""
    tars = list(layers)
    described = []
    for one in tars:
        packed = gzip.compress(one, 1, mtime=0)
        registry.blobs[name, digest_of(packed)] = packed
        kind = f"{_DOCKER}image.rootfs.diff.tar.gzip"
        described.append({"mediaType": kind, "size": len(packed), "digest": digest_of(packed)})
    diff_ids = [f"sha256:{hashlib.sha256(one).hexdigest()}" for one in tars]
    document = {"architecture": of_this_machine().partition("/")[2], "os": "linux"}
    rootfs_of = {"type": "layers", "diff_ids": diff_ids}
    raw = json.dumps({**document, "config": config, "rootfs": rootfs_of}).encode()
    registry.blobs[name, digest_of(raw)] = raw
    kind = f"{_DOCKER}container.image.v1+json"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": kind, "size": len(raw), "digest": digest_of(raw)},
            "layers": described,
        }
    ).encode()
    for key in (tag, digest_of(manifest)):
        registry.manifests[name, key] = (MANIFEST, manifest)
    return digest_of(manifest)


def packed(files: Mapping[str, bytes | str], links: Mapping[str, str] | None = None) -> bytes:
    """A tar of executable files; a text is the file of which it is a hard link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o755
            if isinstance(content, str):
                member.type, member.linkname = tarfile.LNKTYPE, content
                made.addfile(member)
                continue
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            made.addfile(member)
    return buffer.getvalue()


def debian(cache: Path) -> bytes:
    """Debian's Python, as a Debian has it: the packages that a base of ours has too."""
    asked, platform = Environment("base", PYTHON, None), of_this_machine()
    locked = lock([asked], [platform], Places(cache), None, False, Silent())
    debs = fetch.fetch(locked.environments["base"][platform].base, cache, Silent())
    entries = rootfs.base_entries(debs, PYTHON)
    kept = (one for one in entries if not one.path.startswith(("app", "opt/lading")))
    return b"".join(tar.stream(tar.ordered(kept)))


def virtual() -> bytes:
    """A virtual environment, with packages of its own, and a file that it hides of the Debian."""
    return packed(
        {
            "opt/venv/pyvenv.cfg": b"home = /usr/bin\ninclude-system-site-packages = false\n",
            f"{SITE}/six.py": b"__version__ = 'of the base'\n",
            f"{SITE}/theirs.py": b"NAME = 'theirs'\n",
            "opt/venv/same.txt": f"{SITE}/theirs.py",
            "etc/.wh.timezone": b"",
        },
        {"opt/venv/bin/python3": "/usr/bin/python3.11"},
    )


def open_folder(name: str) -> bytes:
    """A tar of one folder that anybody may write to."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        member = tarfile.TarInfo(name)
        member.type, member.mode = tarfile.DIRTYPE, 0o777
        made.addfile(member)
    return buffer.getvalue()
