"""Libraries that models need: imported, missing, or of another version than the model's."""

from __future__ import annotations

import importlib
import os
from typing import Any

from .. import log
from ..handlers.handler import HandlerError


def needed(module: str, requirement: str) -> Any:
    """The module, imported. Raises HandlerError that names the requirement to add."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise HandlerError(
            f"a model of this flavour needs {requirement}, which is not installed; "
            f"add {requirement} to the requirements"
        ) from error


def optional(module: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        return None


def differs(path: str, differences: dict[str, tuple[str, str]]) -> None:
    """Warn, in one line, of libraries whose version is not the one that saved the model.

    `differences` has the saved and the installed version by library.
    """
    if not differences:
        return
    told = "; ".join(
        f"saved with {library} {saved}, loaded with {installed}"
        for library, (saved, installed) in sorted(differences.items())
    )
    log.write(
        "warning",
        "model was saved with another version",
        model=os.path.basename(path),  # noqa: PTH119
        detail=f"{told}; predictions may differ: pin the version, or save the model anew",
    )
