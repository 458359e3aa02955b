"""The same service as a Dockerfile would make it: python:3.11-slim, pip, COPY.

No registry is asked: the base is made here from Debian's archive, with what python:3.11-slim has
(Debian bookworm's minimal set without manuals and translations, Python 3.11, pip, setuptools,
wheel, the CA bundle, time zones). Its size is in the results, beside the published one.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import uv

from bench.app import App
from bench.docker import Docker
from bench.programs import ROOT, call, say

BASE = "lading-bench/python:3.11-slim"
_PACKAGES = "usr-is-merged,python3.11,ca-certificates,media-types,netbase,tzdata"
_LABEL = "io.lading.bench=peer"
_ROOM_BYTES = 10**9
_WITHOUT = ("doc", "man", "info", "locale", "lintian")
_CA = Path("/etc/ssl/certs/ca-certificates.crt")
_PLACE = "usr/local/lib/python3.11/dist-packages"
_DOCKERFILE = f"""\
ARG base={BASE}
FROM $base
LABEL {_LABEL}
ENV PYTHONUNBUFFERED=1 HOME=/tmp LADING_SERVICE=digits LADING_HANDLER=digits:Digits
WORKDIR /app
COPY requirements.txt /tmp/requirements.txt
RUN python3.11 -m pip install --no-cache-dir --root-user-action=ignore -r /tmp/requirements.txt
COPY server /opt/lading
COPY service /app
USER 65532:65532
ENTRYPOINT ["/usr/bin/python3.11", "/opt/lading/launch.py"]
"""


@dataclass(frozen=True)
class Peer:
    """A build context and the images that Docker makes of it."""

    docker: Docker
    context: Path
    root: Path
    """The base image's files, a tar."""
    tag: str = "lading-bench/digits"

    def build(self, *options: str) -> None:
        self.docker.build(self.context, self.tag, *options)

    def take(self, app: App) -> None:
        """Copy the app's code as it is now."""
        shutil.copytree(app.code, self.context / "service", dirs_exist_ok=True)

    def digest(self) -> str:
        """Of the image that was built last."""
        return str(self.docker.inspect(self.tag)["Id"])

    def another_base(self, number: int) -> Path:
        """The base, compressed as a registry sends it, and different from all others."""
        root = self.root.with_name(f"base{number}.tar")
        shutil.copyfile(self.root, root)
        mark = self.root.with_name("number")
        mark.write_text(f"{number}\n")
        call("tar", "--append", "--file", root, "--directory", mark.parent, mark.name)
        call("gzip", root)
        return root.with_name(f"{root.name}.gz")

    def pull(self, base: Path) -> str:
        """What a pull does with a base that is not there yet, less the network; its name."""
        name = f"{BASE}-{base.name.partition('.')[0]}"
        self.docker("import", base, name)
        return name

    def forget(self, *names: str) -> None:
        """Delete images, also those that others took the name of, and the build cache."""
        self.docker("image", "rm", "--force", self.tag, BASE, *names)
        self.docker("image", "prune", "--force", "--filter", f"label={_LABEL}")
        self.docker("builder", "prune", "--force", "--all")


def make(docker: Docker, app: App, folder: Path) -> Peer:
    """The base image and a context with the code, and the packages that the app's lock pins."""
    context = folder / "context"
    runtime = context / "server" / "runtime" / "lading_runtime"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "lading_runtime", runtime, ignore=ignored)
    shutil.move(runtime / "launch.py", context / "server" / "launch.py")
    (context / "Dockerfile").write_text(_DOCKERFILE)
    (context / "requirements.txt").write_text("".join(_pins(app)))
    peer = Peer(docker, context, _root(folder))
    docker("import", peer.root, BASE)
    peer.take(app)
    return peer


def index_options() -> list[str]:
    """The user's package index as build arguments: part of no image and no file."""
    names = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
    given = {name: os.environ[name] for name in names if "://" in os.environ.get(name, "")}
    remote = {name: url for name, url in given.items() if not url.startswith("file:")}
    return [part for name, url in remote.items() for part in ("--build-arg", f"{name}={url}")]


def _pins(app: App) -> list[str]:
    environments = json.loads(app.lock.read_text())["environments"]
    ((_, locked),) = environments["digits"].items()
    return [f"{one['name']}=={one['version']}\n" for one in locked["wheels"] + locked["runtime"]]


def _root(folder: Path) -> Path:
    say("making the peer's base image")
    root = folder / "base.tar"
    # In memory where there is room: ext4 is slow to create files for minutes after many were
    # deleted, and what is timed next creates many.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES
    place = {"TMPDIR": str(memory)} if roomy else {}
    options = _debian_options()
    call("mmdebstrap", "--quiet", *options, "bookworm", root, env={**os.environ, **place})
    return root


def _debian_options() -> list[str]:
    """What the slim images leave out is left out; pip comes from its own wheels, as theirs does."""
    pip = (
        f"{uv.find_uv_bin()} pip install --quiet --python {sys.executable} "
        f'--target "$1/{_PLACE}" pip setuptools wheel'
    )
    hooks = [
        'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*',
        'rm -f "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED',
        f'cp {_CA} "$1{_CA}"',
        pip,
    ]
    return [
        "--variant=minbase",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--include={_PACKAGES}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _WITHOUT),
        *(f"--customize-hook={hook}" for hook in hooks),
    ]
