"""What two images say of how they run: their configs, and the annotations of their manifests.

Source: OCI image specification 1.1, config.md. Values of variables are left out: somebody may have
written a password there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lading.building.comparing.values import Fact
from lading.oci import Image, Manifest

_LAYERS = ("rootfs", "history")
"""Told of by the layers themselves."""
_NAMED = ("Labels", "Volumes", "ExposedPorts")
_MOST_CHARACTERS = 100


def differences(built: Image, rebuilt: Image) -> tuple[Fact, ...]:
    """Keys that differ, those of the config first."""
    pairs = [
        (_flat(built.settings), _flat(rebuilt.settings)),
        (_annotations(built), _annotations(rebuilt)),
    ]
    return tuple(fact for was, now in pairs for fact in _facts(was, now))


def _facts(built: Mapping[str, str], rebuilt: Mapping[str, str]) -> Iterator[Fact]:
    for key in sorted(built.keys() | rebuilt.keys()):
        was, now = built.get(key), rebuilt.get(key)
        if was != now:
            secret = key.startswith("Env ")
            yield Fact(key, _shown(was, secret), _shown(now, secret))


def _shown(value: str | None, secret: bool) -> str:
    if value is None:
        return ""
    if secret:
        return "a value"
    return value if len(value) <= _MOST_CHARACTERS else f"{value[: _MOST_CHARACTERS - 1]}…"


def _flat(settings: Mapping[str, Any]) -> dict[str, str]:
    """Texts by key: a list's or mapping's own, where its parts have names."""
    found = {
        key: _text(value) for key, value in settings.items() if key not in ("config", *_LAYERS)
    }
    for key, value in (settings.get("config") or {}).items():
        if key == "Env":
            found |= {f"Env {name}": text for name, text in _variables(value).items()}
        elif key in _NAMED and isinstance(value, Mapping):
            found |= {f"{key} {name}": _text(one) for name, one in value.items()}
        else:
            found[key] = _text(value)
    return found


def _variables(env: Any) -> dict[str, str]:
    return dict(str(one).partition("=")[::2] for one in env or [])


def _annotations(image: Image) -> dict[str, str]:
    manifest = Manifest.parse(image.manifest)
    return {f"annotation {name}": text for name, text in manifest.annotations.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
