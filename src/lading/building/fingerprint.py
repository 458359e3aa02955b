"""What an environment asks for, as short hashes: when one differs, its lock is out of date."""

from __future__ import annotations

import hashlib

from lading.building.recipe import Environment
from lading.building.wheels import requirements

_PARTS = ("packages", "requirements", "runtime")
_DIGITS = 16


def inputs(environment: Environment) -> str:
    """One hash for each of packages, requirements and the runtime, joined by dots.

    Raises RequirementsError for a requirements file that cannot be read.
    """
    asked = environment.requirements
    return ".".join(
        (
            _hash(" ".join(sorted(set(environment.packages)))),
            requirements.fingerprint(asked)[:_DIGITS] if asked else "none",
            _hash("\n".join(requirements.lines_of_runtime())),
        )
    )


def changed(before: str, environment: Environment) -> str | None:
    """What differs from the inputs `before`, in words; None when nothing does."""
    now = inputs(environment).split(".")
    then = before.split(".")
    if len(then) != len(_PARTS):
        return "the lock was made by another version of Lading"
    words = {
        "packages": "`packages` changed",
        "requirements": f"{environment.requirements.name} changed"
        if environment.requirements
        else "its requirements were removed",
        "runtime": "this version of Lading needs other packages in the image",
    }
    differing = (part for part, a, b in zip(_PARTS, then, now, strict=True) if a != b)
    return next((words[part] for part in differing), None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
