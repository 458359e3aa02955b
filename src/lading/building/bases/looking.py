"""From an image of somebody else's to what a lock keeps of it. Nothing of it is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lading.building.base_image import BaseImage
from lading.building.bases import libc, pythons, unpacked
from lading.building.bases.unpacked import Unpacked
from lading.building.debian.suites import SUITES
from lading.building.recipe import Environment
from lading.errors import LockError
from lading.oci import Image

_BUNDLE = "etc/ssl/certs/ca-certificates.crt"
_RELEASE = re.compile(r"""(?m)^([A-Z_]+)=["']?([^"'\n]*)["']?$""")


@dataclass(frozen=True)
class Seen:
    """What there is to know of an image."""

    image: BaseImage
    python: str = ""
    """`major.minor`; empty for what is run as it is."""
    suite: str = ""
    """Debian's code name, where it is a Debian that is known here."""
    glibc: tuple[int, int] = (0, 0)
    unpacked: Unpacked | None = None


def look(environment: Environment, image: Image, platform: str, cache: Path) -> Seen:
    """What `environment` needs to know of the image that its `base` leads to.

    Raises LockError for one of another platform, without a Python or glibc that can be used, or
    with another Python than is asked for.
    """
    _check_platform(environment, image, platform)
    found = unpacked.of(image, cache)
    if environment.foreign:
        user = _numbers(found, str(settings(image).get("User") or ""), environment.base)
        ports = _ports(image)
        return Seen(BaseImage(environment.base, str(image.digest), user=user, ports=ports))
    python = pythons.find(found, variables(image), environment.base)
    if environment.python not in ("", python.version):
        raise LockError(
            "the image has another Python than is asked for",
            where=environment.base,
            expected=f"Python {environment.python}, as `python` of {environment.name} says",
            came=f"Python {python.version} ({python.path})",
            todo="leave `python` out, or take another image",
        )
    version = libc.version(found, python.program, environment.base)
    base = BaseImage(
        reference=environment.base,
        digest=str(image.digest),
        env=tuple(f"{name}={value}" for name, value in _env(image, found).items()),
        python=python.path,
        program=python.program,
        home=python.home,
        site=python.site,
        glibc=version,
    )
    major, _, minor = version.partition(".")
    return Seen(base, python.version, suite(found), (int(major), int(minor)), found)


def settings(image: Image) -> Mapping[str, object]:
    """How the image says it is to be run (image-spec 1.1, config.md)."""
    found = image.settings.get("config")
    return found if isinstance(found, dict) else {}


def _ports(image: Image) -> tuple[int, ...]:
    """Those of TCP that the image exposes: "80/tcp", or "80"."""
    told = settings(image).get("ExposedPorts")
    pairs = (one.partition("/") for one in (told if isinstance(told, dict) else ()))
    return tuple(sorted({int(n) for n, _, kind in pairs if n.isdigit() and kind in ("", "tcp")}))


def variables(image: Image) -> dict[str, str]:
    """The variables that the image sets."""
    told = settings(image).get("Env")
    return dict(one.split("=", 1) for one in told or () if "=" in one)  # type: ignore[attr-defined]


def _env(image: Image, found: Unpacked) -> dict[str, str]:
    """The image's own, and where its authorities are, in case they are where Debian has them."""
    told = {"SSL_CERT_FILE": f"/{_BUNDLE}"} if found.tree.file(_BUNDLE) else {}
    return {**told, **variables(image)}


def suite(image: Unpacked) -> str:
    """The code name of the Debian that it is; empty for another system, or another Debian."""
    told = dict(_RELEASE.findall(image.text("etc/os-release")))
    name = told.get("VERSION_CODENAME", "") if told.get("ID") == "debian" else ""
    return name if name in {one.name for one in SUITES} else ""


def _check_platform(environment: Environment, image: Image, platform: str) -> None:
    said = image.settings
    came = f"{said.get('os')}/{said.get('architecture')}"
    if came != "/".join(platform.split("/")[:2]):
        raise LockError(f"the image is not for {platform}", environment.base, platform, came)


def _numbers(image: Unpacked, said: str, reference: str) -> str:
    """A `User` in numbers; empty where it is root. Raises LockError for one that is not there."""
    name, _, group_name = said.partition(":")
    users, groups = _accounts(image, "etc/passwd"), _accounts(image, "etc/group")
    user = [name] if name.isdigit() else users.get(name or "root", ["0"] if not name else [])[:1]
    if not user:
        raise LockError("it runs as a user that is not in it", reference, came=f"User {said}")
    of_user = next((one[1] for one in users.values() if one[0] == user[0]), user[0])
    group = [group_name] if group_name.isdigit() else groups.get(group_name, [of_user])[:1]
    return "" if int(user[0]) == 0 else f"{user[0]}:{group[0]}"


def _accounts(image: Unpacked, path: str) -> dict[str, list[str]]:
    """The numbers of each name: passwd(5)'s user and group, group(5)'s group."""
    rows = (line.split(":") for line in image.text(path).splitlines())
    return {row[0]: row[2:4] for row in rows if len(row) > 3 and row[2].isdigit()}
