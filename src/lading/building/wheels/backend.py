"""What a build backend needs: wheels, for the Python that runs it, fetched and unpacked here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lading.building.lockfile import Wheel
from lading.building.wheels import compiled, files, indexes, requirements, uv_settings
from lading.building.wheels.compiled import Wanted
from lading.building.wheels.target import Target
from lading.errors import RequirementsError


def constraints(beside: Path) -> tuple[str, ...]:
    """What may build a source, as the user limits it: in uv's settings, or in files that
    UV_BUILD_CONSTRAINT or PIP_BUILD_CONSTRAINT name.

    Raises RequirementsError for a file that cannot be read.
    """
    told = indexes.environment()
    settings = uv_settings.read(beside.parent, told)
    found = [str(one) for one in settings.get("build-constraint-dependencies", ())]
    files = f"{told.get('UV_BUILD_CONSTRAINT', '')} {told.get('PIP_BUILD_CONSTRAINT', '')}".split()
    for file in files:
        found += [line.text for line in requirements.lines(Path(file).absolute())]
    return tuple(found)


def besides(beside: Path, label: str) -> tuple[str, ...]:
    """What a project is built with and does not say: `extra-build-dependencies` of uv's settings.

    `label` begins with the package's name.
    """
    from packaging.utils import canonicalize_name

    settings = uv_settings.read(beside.parent, indexes.environment())
    name = canonicalize_name(label.partition(" ")[0])
    told = settings.get("extra-build-dependencies", {})
    found = (more for key, more in told.items() if canonicalize_name(key) == name)
    every = (one for more in found for one in more)
    return tuple(str(one["requirement"] if isinstance(one, dict) else one) for one in every)


def wheels(asked: Sequence[str], beside: Path, target: Target, label: str) -> tuple[Wheel, ...]:
    """What `asked` resolves to, from the indexes that the requirements file `beside` names.

    Raises RequirementsError: a backend that is a source itself is not built first.
    """
    if not asked:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        plain, limits = Path(folder) / "requirements.txt", Path(folder) / "constraints.txt"
        plain.write_text("\n".join([*requirements.index_options(beside), *asked, ""]))
        limits.write_text("\n".join([*constraints(beside), ""]))
        options = ("--constraint", str(limits))
        try:
            found = compiled.packages(Wanted(beside, target, plain, options))
        except RequirementsError as error:
            raise RequirementsError(
                f"what {label} is built with: {error.problem}",
                error.where,
                error.expected,
                error.came or ", ".join(asked),
                error.todo,
            ) from error
        return tuple(sorted(files.wheel(one, beside, target) for one in found))


def pin(wheel: Wheel) -> str:
    """As a lock tells it, by which `pinned` finds it again."""
    return f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}"


def pinned(pins: Sequence[str], beside: Path, target: Target) -> tuple[Wheel, ...]:
    """The wheels of some pins. Raises RequirementsError where no index has them any more."""
    hashes = {pin.partition("==")[0]: {pin.rpartition("sha256:")[2]} for pin in pins}
    asked = [pin.partition(" ")[0] for pin in pins]
    if not asked:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "requirements.txt"
        plain.write_text("\n".join([*requirements.index_options(beside), *asked, ""]))
        found = compiled.packages(Wanted(beside, target, plain, ("--no-deps",)))
    chosen = (files.allowed(one, hashes) for one in found)
    return tuple(sorted(files.wheel(one, beside, target) for one in chosen))
