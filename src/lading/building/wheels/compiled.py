"""What uv makes of requirements: packages, each in one version, with the files there are of it.

uv resolves, for the image's Python and platform; it runs nothing of what it resolves. Building is
off, but for packages whose metadata it is told: those it need not build to know.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from lading.building.wheels import explain, indexes, program, uv_settings
from lading.building.wheels.sources import letting_in
from lading.building.wheels.target import Target

_PYLOCK_HEAD = 'lock-version = "1.0"\ncreated-by = "lading"\n'
Package = Mapping[str, Any]
"""An entry of `packages` in a pylock.toml (PEP 751)."""


@dataclass(frozen=True)
class Wanted:
    """What to resolve. `path` is the user's file: errors name it, uv runs in its folder."""

    path: Path
    target: Target
    plain: Path | None = None
    """Compiled in its place."""
    options: tuple[str, ...] = ()
    prefer: Mapping[str, str] = field(default_factory=dict)
    """Versions by name that are kept to while they satisfy."""
    sources: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """By name of each package that may come as source, what is known of its versions."""


def packages(wanted: Wanted) -> list[Package]:
    """What the requirements resolve to. Raises RequirementsError."""
    target = wanted.target
    letting_in.check(wanted.path)
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        # uv takes the versions of a lock that is there already, where they still satisfy.
        if wanted.prefer:
            pins = (_preference(*pin) for pin in sorted(wanted.prefer.items()))
            lock.write_text(_PYLOCK_HEAD + "".join(pins))
        asked = (wanted.plain or wanted.path).resolve()
        command = ["pip", "compile", str(asked), "--output-file", str(lock), *wanted.options]
        command += ["--format", "pylock.toml", "--only-binary", ":all:", "--no-header"]
        command += ["--python-version", target.python, "--python-platform", target.uv_platform]
        command += [*indexes.options(), *_from_source(wanted, Path(folder))]
        _uv([*command, "--python", sys.executable], wanted.path, target)
        return _applying(lock.read_text(), target)


def exported(path: Path, target: Target) -> list[Package]:
    """Packages of a uv.lock, as it stands, that apply to `target`."""
    command = ["export", "--frozen", "--project", str(path.resolve().parent), "--no-dev"]
    command += ["--format", "pylock.toml", "--no-emit-project", "--no-header"]
    return _applying(_uv([*command, "--python", sys.executable], path, target), target)


def _from_source(wanted: Wanted, folder: Path) -> list[str]:
    if not wanted.sources:
        return []
    settings = uv_settings.read(wanted.path.parent, indexes.environment())
    known = [dict(one) for entries in wanted.sources.values() for one in entries]
    # One without a version is for all that are not known yet: uv must build none of them.
    known += [{"name": name, "requires-dist": []} for name in wanted.sources]
    config = folder / "uv.toml"
    config.write_text(uv_settings.with_metadata(settings, known))
    names = [word for name in wanted.sources for word in ("--no-binary", name)]
    return [*names, "--config-file", str(config)]


def _preference(name: str, version: str) -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = []\n'


def _uv(arguments: list[str], path: Path, target: Target) -> str:
    done = subprocess.run(
        [program.uv(), *arguments, "--quiet", "--color", "never"],
        env=indexes.environment(),
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise explain.failure(done.stderr, path, target)
    return done.stdout


def _applying(pylock: str, target: Target) -> list[Package]:
    return [
        package
        for package in tomllib.loads(pylock).get("packages", [])
        if "marker" not in package or Marker(package["marker"]).evaluate(target.markers)
    ]
