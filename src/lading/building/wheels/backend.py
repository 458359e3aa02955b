"""What a build backend needs: wheels, for the Python that runs it, fetched and unpacked here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lading.building.lockfile import Wheel
from lading.building.wheels import compiled, files, requirements
from lading.building.wheels.compiled import Wanted
from lading.building.wheels.target import Target
from lading.errors import RequirementsError


def wheels(asked: Sequence[str], beside: Path, target: Target, label: str) -> tuple[Wheel, ...]:
    """What `asked` resolves to, from the indexes that the requirements file `beside` names.

    Raises RequirementsError: a backend that is a source itself is not built first.
    """
    if not asked:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "requirements.txt"
        plain.write_text("\n".join([*requirements.index_options(beside), *asked, ""]))
        try:
            found = compiled.packages(Wanted(beside, target, plain))
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
