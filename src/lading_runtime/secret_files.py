"""Secrets that a container is given as files, as variables of this process and its workers."""

# ruff: noqa: PTH118, PTH123
from __future__ import annotations

import os
from collections.abc import MutableMapping

from .configuration import ConfigurationError

FOLDER = "/run/secrets"


def take(environ: MutableMapping[str, str], folder: str = FOLDER) -> None:
    """Set each that `LADING_SECRETS` names. One with a NUL in it stays a file alone.

    They are in no place from where others see the environment of a process: not in the
    container's description, nor in /proc. Raises ConfigurationError.
    """
    for name in environ.get("LADING_SECRETS", "").split():
        path = os.path.join(folder, name)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            problem = f"{path}: {error.strerror}"
            raise ConfigurationError(problem, "LADING_SECRETS") from error
        if b"\0" not in content:
            environ[name] = os.fsdecode(content)
