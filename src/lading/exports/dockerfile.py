"""An image as a Dockerfile: what `lading build` does, in the words of `docker build`.

Its versions and hashes are the lock's. What it makes answers as the image of `lading build` does,
without being the same bytes: apt and pip write the time, and what else they find, into their files.

Source: https://docs.docker.com/reference/dockerfile/; nothing newer than Docker 20.10's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lading.building import in_image
from lading.building.assemble import execution
from lading.building.base_image import BaseImage
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.recipe import Recipe
from lading.exports.indexes import FILES, Indexes

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
_OUTSIDE = ("bin", "etc", "share")
"""Folders of /usr/local that packages put scripts and data in."""
_STAGED = "/staged"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
"""What no instruction can say but those in JSON."""


def dockerfile(
    recipe: Recipe, locked: LockedEnvironment, folders: Sequence[str], indexes: Indexes
) -> str:
    """The file's text; `folders` are those that the build context has."""
    first = _foreign(locked.image, locked) if locked.image else _debian(locked)
    parts = [
        _head(recipe, locked, indexes),
        first,
        *([_wheels(locked, folders, indexes)] if REQUIREMENTS in folders else []),
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


def requirements(wheels: Sequence[Wheel], options: Sequence[str] = ()) -> str:
    """Where wheels are found, then each by version and hash, in pip's format."""
    lines = (f"{one.name}=={one.version} --hash=sha256:{one.sha256}" for one in wheels)
    return "".join(f"{line}\n" for line in (*options, *lines))


def command(recipe: Recipe, locked: LockedEnvironment, indexes: Indexes, context: str) -> str:
    """What builds it. Secrets are a matter of BuildKit, which Docker 23 made the usual one."""
    sources = {"netrc": "$HOME/.netrc", "pip.conf": "$HOME/.config/pip/pip.conf"}
    told = (
        f" --secret id={x},{f'src={sources[x]}' if x in sources else f'env={x}'}"
        for x in indexes.secrets
    )
    kit = "DOCKER_BUILDKIT=1 " if indexes.secrets else ""
    platform = f" --platform {locked.platform}"
    return f"{kit}docker build{platform}{''.join(told)} --tag {recipe.app}/{recipe.name} {context}"


def _debs(locked: LockedEnvironment) -> Iterator[Deb]:
    yield from sorted({*locked.base, *locked.packages})


def _head(recipe: Recipe, locked: LockedEnvironment, indexes: Indexes) -> str:
    secret = "# What an index lets in by comes as a secret; leave out those that it needs not.\n"
    return (
        f"# {recipe.app}/{recipe.name}, as lading.lock has it for {locked.platform}.\n"
        "# Build it from this folder:\n"
        f"#\n#   {command(recipe, locked, indexes, '.')}\n#\n"
        f"{secret if indexes.secrets else ''}"
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


def _wheels(locked: LockedEnvironment, folders: Sequence[str], indexes: Indexes) -> str:
    python, site = locked.interpreter, locked.site
    into = f" --target {site}" if locked.image else ""
    pip = f"{_told(indexes)}{python} {_PIP}"
    lines = [
        "FROM base AS wheels",
        "# Where wheels come from, without a password: a build keeps what it was told.",
        "ARG PIP_INDEX_URL",
        "ARG PIP_EXTRA_INDEX_URL",
        "ARG PIP_TRUSTED_HOST",
        *_pip(locked),
        f"COPY {REQUIREMENTS} /tmp/{REQUIREMENTS}",
        _run(f"mkdir -p {site} {in_image.RUNTIME} {_places()} {_STAGED} /tmp/{WHEELS}"),
    ]
    if locked.wheels:
        lines.append(_run(f"{pip}{into} -r /tmp/{USERS}", *(_moved(site) if locked.image else ())))
    if RUNTIME in folders and locked.runtime:
        lines.append(_run(f"{pip} --target {in_image.RUNTIME} -r /tmp/{RUNTIMES}"))
    if RUNTIME in folders:
        lines.append(f"COPY {RUNTIME} {_OURS}")
    # What is in nothing but tests need not compile.
    lines.append(_run(f"{python} {_COMPILE} {site} {in_image.RUNTIME} || true"))
    return _lines(*lines)


def _told(indexes: Indexes) -> str:
    """Before a command: the secrets it may see, and by what name; one not given is passed over."""
    if not indexes.secrets:
        return ""
    named = {"netrc": "NETRC", "pip.conf": "PIP_CONFIG_FILE"}
    mounts = (f"--mount=type=secret,id={one} " for one in indexes.secrets)
    files = (f"{named[one]}=/run/secrets/{one} " for one in FILES)
    texts = (f'{one}="$(cat /run/secrets/{one})" ' for one in indexes.variables)
    return "".join((*mounts, *files, *texts))


def _places() -> str:
    return " ".join(f"/usr/local/{one}" for one in _OUTSIDE)


def _moved(site: str) -> Iterator[str]:
    """Scripts and data out of the packages' folder, to where they are with us."""
    yield f"mkdir -p {_STAGED}/usr/local"
    yield (
        f"for one in {' '.join(_OUTSIDE)}; do "
        f"[ ! -d {site}/$one ] || mv {site}/$one {_STAGED}/usr/local/$one; done"
    )


def _pip(locked: LockedEnvironment) -> Iterator[str]:
    install = f"DEBIAN_FRONTEND=noninteractive {_APT} python3-pip"
    if locked.image:
        python = locked.interpreter
        tried = [f"{python} -m {one}" for one in ("pip --version", "ensurepip")]
        # Where neither is there, a Debian's own; it is not in the image.
        yield _run(" || ".join((*tried, f"(apt-get update && {install})")))
        return
    yield "# Debian's own pip is asked to install beside Debian's own packages."
    yield "ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore"
    yield _run("apt-get update", install, _LISTS)


def _image(recipe: Recipe, locked: LockedEnvironment, folders: Sequence[str]) -> str:
    lines = ["FROM base"]
    if REQUIREMENTS in folders:
        own = [] if locked.image else [locked.site, *_places().split()]
        ours = [_OURS] if locked.image or RUNTIME in folders else []
        lines += [f"COPY --from=wheels {place} {place}" for place in (*own, *ours)]
        lines += [f"COPY --from=wheels {_STAGED} /"] if locked.image else []
    lines += [f"COPY {one} {in_image.APP}" for one in (MODEL, APP) if one in folders]
    if APP in folders:
        lines.append(_run(f"{locked.interpreter} {_COMPILE} {in_image.APP} || true"))
    return _lines(*lines, *_execution(execution(recipe, locked)))


def _execution(settings: Mapping[str, Any]) -> Iterator[str]:
    """The config's `config`, an instruction each."""
    env = dict(one.split("=", 1) for one in settings["Env"])
    odd = {name: value for name, value in env.items() if _CONTROLS.search(value)}
    yield "ENV " + _pairs((name, value) for name, value in env.items() if name not in odd)
    yield "LABEL " + _pairs(settings["Labels"].items())
    yield f"WORKDIR {settings['WorkingDir']}"
    yield f"USER {settings['User']}"
    yield f"STOPSIGNAL {settings['StopSignal']}"
    for port in settings.get("ExposedPorts", ()):
        yield f"EXPOSE {port}"
    if entrypoint := settings.get("Entrypoint"):
        # ENV has no word for the end of a line; env(1) becomes what it starts.
        told = ["/usr/bin/env", *(f"{name}={value}" for name, value in odd.items())]
        yield f"ENTRYPOINT {json.dumps([*(told if odd else ()), *entrypoint])}"
        # What the base would start is an argument otherwise.
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
