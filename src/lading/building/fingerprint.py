"""What an environment asks for, as short hashes: when one differs, its lock is out of date."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lading.building.recipe import Environment
from lading.building.wheels import local, requirements

_PARTS = ("packages", "requirements", "runtime")
_DIGITS = 16


def inputs(environment: Environment) -> str:
    """One hash for each of packages, requirements and the runtime, joined by dots.

    Raises RequirementsError for a requirements file that cannot be read.
    """
    asked = environment.requirements
    return ".".join(
        (
            _hash(_packages(environment)),
            _requirements(asked) if asked else "none",
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
        "packages": "`packages` or `build_packages` changed"
        if environment.build_packages
        else "`packages` changed",
        "requirements": _changed(environment.requirements)
        if environment.requirements
        else "its requirements were removed",
        "runtime": "this version of Lading needs other packages in the image",
    }
    differing = (part for part, a, b in zip(_PARTS, then, now, strict=True) if a != b)
    return next((words[part] for part in differing), None)


def _changed(asked: Path) -> str:
    named = any(local.contents(asked))
    return f"{asked.name} changed" + (", or a folder or file that it names" if named else "")


def _packages(environment: Environment) -> str:
    said = " ".join(sorted(set(environment.packages)))
    building = " ".join(sorted(set(environment.build_packages)))
    return f"{said}\nbuild {building}" if building else said


def _requirements(asked: Path) -> str:
    """Of what is asked for, and of what that names on this disk."""
    said = requirements.fingerprint(asked)
    named = list(local.contents(asked))
    return _hash("\n".join([said, *named])) if named else said[:_DIGITS]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
