"""A handler in a folder of source files, held to what can be served."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lading.building import handler
from lading.building.recipe import Environment, Recipe
from lading.errors import SettingsError


def check(
    folder: Path, files: Mapping[str, str], name: str = "reader:Reader", python: str = "3.11"
) -> None:
    """Write `files` below `folder`, and check the handler `name` of them."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    environment = Environment("service", python, None)
    handler.check_all([Recipe("app", "service", environment, folder, name)])


def refusal(folder: Path, files: Mapping[str, str], name: str = "reader:Reader") -> str:
    """What is said of a handler that must be refused, `folder` left out."""
    with pytest.raises(SettingsError) as caught:
        check(folder, files, name)
    return str(caught.value).replace(f"{folder}/", "")
