"""An image as a Dockerfile: what `lading build` does, in the words of `docker build`.

Its versions and hashes are the lock's. What it makes answers as the image of `lading build` does,
without being the same bytes: apt and pip write the time, and what else they find, into their files.

Source: https://docs.docker.com/reference/dockerfile/; nothing newer than Docker 20.10's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lading.building import in_image
from lading.building.assemble import execution
from lading.building.base_image import BaseImage
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.recipe import Recipe

DEBIAN = "debian"
"""Folders of the build context: Debian's packages,"""
REQUIREMENTS = "requirements"
"""the wheels,"""
RUNTIME = "lading"
"""lading_runtime and what starts it,"""
MODEL = "model"
"""the model files,"""
APP = "app"
"""all else of the source,"""
WAY = "way"
"""and what leads the Python of an image of somebody else's to the wheels."""
PACKAGES = f"{DEBIAN}/packages"
PREFERENCES = f"{DEBIAN}/preferences"
USERS = f"{REQUIREMENTS}/app.txt"
RUNTIMES = f"{REQUIREMENTS}/runtime.txt"
WHEELS = f"{REQUIREMENTS}/wheels"
"""Wheels that no index has."""

_APT = "apt-get install --yes --no-install-recommends --allow-downgrades"
_LISTS = "rm -rf /var/lib/apt/lists/*"
_PIP = (
    "-m pip install --no-cache-dir --no-deps --ignore-installed --require-hashes "
    f"--only-binary :all: --no-compile --find-links /tmp/{WHEELS}"
)
_COMPILE = "-m compileall -q --invalidation-mode unchecked-hash"
_OURS = in_image.LAUNCHER.rpartition("/")[0]
_ID = in_image.USER_ID


def dockerfile(recipe: Recipe, locked: LockedEnvironment, folders: Sequence[str]) -> str:
    """The file's text; `folders` are those that the build context has."""
    first = _foreign(locked.image, locked) if locked.image else _debian(locked)
    parts = [
        _head(recipe, locked),
        first,
        *([_wheels(locked, folders)] if REQUIREMENTS in folders else []),
        _image(recipe, locked, folders),
    ]
    return "\n\n".join(parts) + "\n"


def preferences(locked: LockedEnvironment) -> str:
    """Debian's packages at their locked versions (apt_preferences(5)).

    A priority above 1000 takes that version also where it is older than what is there. One that the
    archive has no more is passed over, and the newest taken.
    """
    return "".join(
        f"Package: {deb.name}\nPin: version {deb.version}\nPin-Priority: 1001\n\n"
        for deb in _debs(locked)
    )


def packages(locked: LockedEnvironment) -> str:
    """Names of Debian's packages, one a line."""
    return "".join(f"{deb.name}\n" for deb in _debs(locked))


def requirements(wheels: Sequence[Wheel]) -> str:
    """Wheels by version and hash, in pip's format."""
    return "".join(f"{one.name}=={one.version} --hash=sha256:{one.sha256}\n" for one in wheels)


def _debs(locked: LockedEnvironment) -> Iterator[Deb]:
    yield from sorted({*locked.base, *locked.packages})


def _head(recipe: Recipe, locked: LockedEnvironment) -> str:
    return (
        f"# {recipe.app}/{recipe.name}, as lading.lock has it for {locked.platform}.\n"
        "# Build it from this folder:\n"
        f"#\n#   docker build --tag {recipe.app}/{recipe.name} .\n#\n"
        "# Written by `lading export dockerfile`, which writes it anew.\n"
        "# Packages of Debian are taken at their locked versions while the archive has them.\n"
        "# Wheels come from the index that pip is told of, and are checked by their hashes."
    )


def _debian(locked: LockedEnvironment) -> str:
    """Debian's Python."""
    return _lines(
        f"FROM debian:{locked.suite}-slim AS base",
        *_installed(
            f"ln -sf python{locked.python} /usr/bin/python3",
            "ln -sf python3 /usr/bin/python",
        ),
        _run(
            f"groupadd --gid {_ID} {in_image.USER}",
            f"useradd --uid {_ID} --gid {_ID} --no-create-home "
            f"--home-dir /tmp --shell /usr/sbin/nologin {in_image.USER}",
            f"mkdir -p {in_image.APP} {in_image.SOCKET_FOLDER}",
        ),
    )


def _foreign(image: BaseImage, locked: LockedEnvironment) -> str:
    """The Python of somebody else's image, of which no more is known than that it has a shell."""
    user = f"{in_image.USER}:x:{_ID}:{_ID}:{in_image.USER}:/tmp:/usr/sbin/nologin"
    return _lines(
        f"FROM {image.reference.partition('@')[0]}@{image.digest} AS base",
        "USER root",
        *(_installed() if locked.packages else []),
        _run(
            f"grep -q ':{_ID}:' /etc/passwd || echo '{user}' >>/etc/passwd",
            f"grep -q ':{_ID}:' /etc/group || echo '{in_image.USER}:x:{_ID}:' >>/etc/group",
            f"mkdir -p {in_image.APP} {in_image.SOCKET_FOLDER}",
        ),
        f"COPY {WAY} {image.site}",
    )


def _installed(*afterwards: str) -> Iterator[str]:
    yield f"COPY {PREFERENCES} /etc/apt/preferences.d/lading"
    yield f"COPY {PACKAGES} /tmp/packages"
    yield _run(
        "apt-get update",
        f"DEBIAN_FRONTEND=noninteractive xargs -a /tmp/packages {_APT}",
        f"{_LISTS} /tmp/packages",
        *afterwards,
    )


def _wheels(locked: LockedEnvironment, folders: Sequence[str]) -> str:
    python, site = locked.interpreter, locked.site
    into = f" --target {site}" if locked.image else ""
    lines = [
        "FROM base AS wheels",
        "# Where wheels come from; no part of the image that is made.",
        "ARG PIP_INDEX_URL",
        "ARG PIP_EXTRA_INDEX_URL",
        "ARG PIP_TRUSTED_HOST",
        *_pip(locked),
        f"COPY {REQUIREMENTS} /tmp/{REQUIREMENTS}",
        _run(f"mkdir -p {site} {in_image.RUNTIME} /usr/local/bin /tmp/{WHEELS}"),
    ]
    if locked.wheels:
        lines.append(_run(f"{python} {_PIP}{into} -r /tmp/{USERS}"))
    if RUNTIME in folders and locked.runtime:
        lines.append(_run(f"{python} {_PIP} --target {in_image.RUNTIME} -r /tmp/{RUNTIMES}"))
    if RUNTIME in folders:
        lines.append(f"COPY {RUNTIME} {_OURS}")
    # What is in nothing but tests need not compile.
    lines.append(_run(f"{python} {_COMPILE} {site} {in_image.RUNTIME} || true"))
    return _lines(*lines)


def _pip(locked: LockedEnvironment) -> Iterator[str]:
    if locked.image:
        yield _run(f"{locked.interpreter} -m pip --version || {locked.interpreter} -m ensurepip")
        return
    yield "# Debian's own pip is asked to install beside Debian's own packages."
    yield "ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore"
    install = f"DEBIAN_FRONTEND=noninteractive {_APT} python3-pip"
    yield _run("apt-get update", install, _LISTS)


def _image(recipe: Recipe, locked: LockedEnvironment, folders: Sequence[str]) -> str:
    lines = ["FROM base"]
    if REQUIREMENTS in folders:
        own = [] if locked.image else [locked.site, "/usr/local/bin"]
        ours = [_OURS] if locked.image or RUNTIME in folders else []
        lines += [f"COPY --from=wheels {place} {place}" for place in (*own, *ours)]
    lines += [f"COPY {one} {in_image.APP}" for one in (MODEL, APP) if one in folders]
    if APP in folders:
        lines.append(_run(f"{locked.interpreter} {_COMPILE} {in_image.APP} || true"))
    return _lines(*lines, *_execution(execution(recipe, locked)))


def _execution(settings: Mapping[str, Any]) -> Iterator[str]:
    """The config's `config`, an instruction each."""
    yield "ENV " + _pairs(one.split("=", 1) for one in settings["Env"])
    yield "LABEL " + _pairs(settings["Labels"].items())
    yield f"WORKDIR {settings['WorkingDir']}"
    yield f"USER {settings['User']}"
    yield f"STOPSIGNAL {settings['StopSignal']}"
    for port in settings.get("ExposedPorts", ()):
        yield f"EXPOSE {port}"
    if entrypoint := settings.get("Entrypoint"):
        # What the base would start is an argument otherwise.
        yield f"ENTRYPOINT {json.dumps(entrypoint)}"
        yield "CMD []"


def _pairs(pairs: Any) -> str:
    return " \\\n    ".join(f"{name}={_quoted(value)}" for name, value in pairs)


def _quoted(value: str) -> str:
    """Between double quotes a backslash keeps a quote, a dollar and itself from meaning more."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _run(*commands: str) -> str:
    return "RUN " + " \\\n && ".join(commands)


def _lines(*lines: str) -> str:
    return "\n".join(lines)
