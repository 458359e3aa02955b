"""What an MLflow model's folder says of the environment it was saved in.

Source: https://mlflow.org/docs/latest/ml/model/, "Additional Logged Files".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lading.errors import SettingsError
from lading.settings import document
from lading.settings.document import Mapping, Scalar
from lading.settings.faults import Faults

_REQUIREMENTS = "requirements.txt"
_PYTHON = "python_env.yaml"
_VERSION = re.compile(r"([0-9]+\.[0-9]+)(\.[0-9]\w*)?")


@dataclass(frozen=True)
class Saved:
    """`python` is `major.minor`. Both are None where the folder does not tell."""

    python: str | None = None
    requirements: Path | None = None


def read(folder: Path, model: Path) -> Saved:
    """Of the model at the path `model` inside an app's `folder`, which need not be there.

    Raises SettingsError when what is there cannot be read.
    """
    requirements = folder / model / _REQUIREMENTS
    return Saved(
        _python(folder / model / _PYTHON, (model / _PYTHON).as_posix()),
        requirements if requirements.is_file() else None,
    )


def _python(path: Path, shown: str) -> str | None:
    if not path.is_file():
        return None
    faults = Faults(shown)
    try:
        root = document.parse(path.read_bytes(), faults)
    except OSError as error:
        raise SettingsError("cannot be read", shown, came=error.strerror or "") from None
    faults.raise_any()
    told = root.entries.get("python") if isinstance(root, Mapping) else None
    if told is None:
        return None
    match = _VERSION.fullmatch(told.text) if isinstance(told, Scalar) else None
    if match is None:
        raise SettingsError(
            "python",
            f"{shown}:{told.line}",
            expected="a version such as 3.11.9",
            came=told.text if isinstance(told, Scalar) else "something else",
        )
    return match[1]
