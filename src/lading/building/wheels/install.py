"""Install locked wheels into a folder of their own, with uv, and say what an image gets of them.

Nothing of a wheel is executed. uv downloads, from where the user's own settings say, holds each to
its hash, and unpacks; `installed_tree` makes of it what is the same on every machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from lading.building.layers.entry import Entry
from lading.building.layers.workspace import workspace
from lading.building.lockfile import LockedEnvironment, Wheel
from lading.building.wheels import indexes, installed_tree, program, requirements
from lading.building.wheels.installed_tree import Place
from lading.building.wheels.making.kept import Kept
from lading.building.wheels.target import Target
from lading.errors import BuildError
from lading.stores.disk import explained

_CREDENTIAL = re.compile(r"(?<=://)[^/\s@]+@")
_RESOLVING = (
    *("UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER", "UV_NO_BINARY"),
    *("UV_NO_BINARY_PACKAGE", "UV_NO_VERIFY_HASHES", "UV_PRERELEASE", "UV_RESOLUTION"),
    *("UV_COMPILE_BYTECODE", "UV_BUILD_CONSTRAINT", "UV_TORCH_BACKEND", "UV_DRY_RUN"),
)
"""Settings that ask for other packages than the locked ones."""


@contextmanager
def installed(
    wheels: Sequence[Wheel], locked: LockedEnvironment, place: Place, cache: Path, asked: Path
) -> Iterator[list[Entry]]:
    """Entries of some wheels, with contents below `cache` that are gone afterwards.

    `asked` is the file of requirements they were locked from: the indexes it names are asked, and
    uv reads its settings from its folder upwards, as when locking. Where two wheels have one file,
    the later in `wheels` wins. Raises BuildError with uv's reason.
    """
    kept = Kept(cache)
    with workspace(cache) as root:
        _install(wheels, locked, root / "all", asked, kept)
        entries = installed_tree.entries(root / "all", place)
        contested = installed_tree.contested(root / "all")
        for wheel in wheels if contested else ():
            _install([wheel], locked, root / wheel.sha256, asked, kept)
            alone = installed_tree.entries(root / wheel.sha256, place)
            winners = {one.path: one for one in alone}
            entries = [winners.get(one.path, one) for one in entries]
        yield entries


def _install(
    wheels: Sequence[Wheel], locked: LockedEnvironment, into: Path, asked: Path, kept: Kept
) -> None:
    exactly = into.with_suffix(".txt")
    with explained(into.parent):
        lines = [_exactly(x, kept) for x in wheels]
        exactly.write_text("\n".join([*requirements.index_options(asked), *lines, ""]))
    target = Target(locked.python, locked.platform, glibc(locked))
    environment = indexes.environment()
    done = subprocess.run(
        [
            program.uv(),
            *("pip", "install", "--quiet", "--color", "never", "--no-progress"),
            *("--target", into, "--python", sys.executable, "--requirements", exactly),
            *("--no-deps", "--require-hashes", "--only-binary", ":all:", "--link-mode", "hardlink"),
            *("--python-version", target.python, "--python-platform", target.uv_platform),
            # Whichever index has it: the hash says what it must be.
            *("--index-strategy", "unsafe-best-match"),
        ],
        env={name: value for name, value in environment.items() if name not in _RESOLVING},
        cwd=asked.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise _failure(done.stderr, wheels, into)


def _exactly(wheel: Wheel, kept: Kept) -> str:
    said = f"--hash=sha256:{wheel.sha256}"
    if not wheel.origin:
        return f"{wheel.name}=={wheel.version} {said}"
    path = kept.path(wheel)
    if not path.is_file():
        raise BuildError(
            "its wheel, which no index has, is not in the cache",
            where=f"{wheel.name} {wheel.version}",
            todo="run `lading build`, which makes it again",
        )
    return f"{wheel.name} @ file://{quote(str(path))} {said}"


def _failure(printed: str, wheels: Sequence[Wheel], into: Path) -> BuildError:
    text = _CREDENTIAL.sub("", printed.replace(str(into.parent), "…"))
    body = re.split(r"\n\s*hint:", text.strip())[0]
    body = re.sub(r"(?m)^\s*(error|warning|cause|\s*×|\s*╰─▶|\s*├─▶|\s*│|Caused by):? ?", "", body)
    names = ", ".join(f"{x.name} {x.version}" for x in wheels[:3])
    full = "No space left on device" in printed
    return BuildError(
        "cannot be installed",
        where=names + (" and others" if len(wheels) > 3 else ""),
        came=re.sub(r"\s+", " ", body)[-600:].strip(" .") or "nothing from uv",
        todo="make room on the disk"
        if full
        else "check the network and the index that pip and uv are set to, or run `lading lock`",
    )


def glibc(locked: LockedEnvironment) -> tuple[int, int]:
    """The image's own, by the version of its libc6: `2.36-9+deb12u14`."""
    if locked.image:
        major, _, minor = locked.image.glibc.partition(".")
        return int(major), int(minor)
    for deb in locked.base:
        if deb.name == "libc6" and (match := re.match(r"(\d+)\.(\d+)", deb.version)):
            return int(match[1]), int(match[2])
    raise BuildError("the lock's base has no libc6", where="lading.lock", todo="run `lading lock`")
