"""Secrets that a container is given as files, as variables of this process and its workers."""

# ruff: noqa: PTH118, PTH123
from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from .configuration import ConfigurationError

FOLDER = "/run/secrets"
_LONGEST = 128 * 1024
"""Bytes of a variable, its name included: with a longer one no program is started (execve(2))."""


def take(environ: MutableMapping[str, str], folder: str = FOLDER) -> None:
    """Set each that `LADING_SECRETS` names. One with a NUL in it, or too long, stays a file alone.

    They are in no place from where others see the environment of a process: not in the
    container's description, nor in /proc. Raises ConfigurationError.
    """
    for name in _names(environ):
        path = os.path.join(folder, name)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            problem = f"{path}: {error.strerror}"
            raise ConfigurationError(problem, "LADING_SECRETS") from error
        if b"\0" not in content and len(name) + len(content) + 2 <= _LONGEST:
            environ[name] = os.fsdecode(content)


def without(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for a program of the server's own, which takes the secrets where it needs
    them: what a program is started with is to be seen in /proc."""
    names = _names(environ)
    return {name: value for name, value in environ.items() if name not in names}


def _names(environ: Mapping[str, str]) -> list[str]:
    return environ.get("LADING_SECRETS", "").split()
