"""uv's own settings files, read and merged as uv does it, where uv must be told more than they say.

Source: https://docs.astral.sh/uv/concepts/configuration-files/.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_KNOWN = {
    *("index", "index-url", "extra-index-url", "no-index", "find-links", "index-strategy"),
    *("keyring-provider", "allow-insecure-host", "system-certs", "native-tls", "offline"),
    *("prerelease", "resolution", "fork-strategy", "exclude-newer", "exclude-newer-package"),
    *("dependency-metadata", "constraint-dependencies", "override-dependencies", "cache-dir"),
    *("build-constraint-dependencies", "extra-build-dependencies"),
    "pip",
}
"""What both uv.toml and [tool.uv] may hold, and what counts when versions are chosen."""
_PLACES = ("find-links", "extra-index-url", "index-url")


def read(folder: Path, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What uv goes by in `folder`: the project's settings, over the user's, over the system's."""
    if environ.get("UV_NO_CONFIG"):
        return {}
    if own := environ.get("UV_CONFIG_FILE"):
        return _of(Path(own))
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or "/") / ".config")
    whole: dict[str, Any] = {}
    for one in (
        _of_project(folder.resolve()),
        _of(home / "uv/uv.toml"),
        _of(Path("/etc/uv/uv.toml")),
    ):
        for key, value in one.items():
            before = whole.get(key)
            whole[key] = [*before, *value] if isinstance(before, list) else whole.get(key, value)
    return whole


def with_metadata(settings: Mapping[str, Any], known: list[dict[str, Any]]) -> str:
    """A uv.toml of `settings`, by which uv need not build the packages of `known` to know them."""
    whole = {**settings, "dependency-metadata": [*settings.get("dependency-metadata", ()), *known]}
    return "".join(f"{key} = {_toml(value)}\n" for key, value in whole.items())


def _of_project(folder: Path) -> dict[str, Any]:
    """Of the nearest folder that has any: a uv.toml counts more than a pyproject.toml beside it."""
    for place in (folder, *folder.parents):
        if (place / "uv.toml").is_file():
            return _of(place / "uv.toml")
        told = _document(place / "pyproject.toml").get("tool", {}).get("uv")
        if told is not None:
            return _known(told, place)
    return {}


def _of(path: Path) -> dict[str, Any]:
    return _known(_document(path), path.parent)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}  # uv's own business to complain about


def _known(told: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {key: _placed(key, value, folder) for key, value in told.items() if key in _KNOWN}


def _placed(key: str, value: Any, folder: Path) -> Any:
    """Paths are told from the file that names them, which a merged one is not."""
    if key in _PLACES:
        return (
            [_path(x, folder) for x in value] if isinstance(value, list) else _path(value, folder)
        )
    if key == "index":
        return [{**one, "url": _path(one.get("url", ""), folder)} for one in value]
    return value


def _path(value: str, folder: Path) -> str:
    return value if "://" in value else str(folder / value)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    # A string, number or switch of JSON is one of TOML too; a date is a text to uv.
    return json.dumps(value, default=str)
