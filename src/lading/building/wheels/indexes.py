"""Where wheels come from: the user's own settings of pip and uv, said in uv's words.

uv reads its own settings (UV_*, uv.toml), netrc and keyrings by itself, but none of pip's. Nothing
of this ever enters a lock.

Source: https://pip.pypa.io/en/stable/topics/configuration/,
https://docs.astral.sh/uv/reference/environment/.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_UV_NAMES: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "index-url": ("UV_DEFAULT_INDEX", ("UV_DEFAULT_INDEX", "UV_INDEX_URL"), " "),
    "extra-index-url": ("UV_EXTRA_INDEX_URL", ("UV_EXTRA_INDEX_URL", "UV_INDEX"), " "),
    "find-links": ("UV_FIND_LINKS", ("UV_FIND_LINKS",), ","),
    "trusted-host": ("UV_INSECURE_HOST", ("UV_INSECURE_HOST",), " "),
    "cert": ("SSL_CERT_FILE", ("SSL_CERT_FILE",), " "),
}
"""By pip's option: uv's variable, the variables that overrule it, what separates values."""

_NO_INDEX = "no-index"
_KEYRING = "keyring-provider"


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`environ` for a uv process: what pip is told, uv is told, unless told otherwise already."""
    pip = _pip_settings(environ)
    whole = dict(environ)
    for option, (variable, overruling, separator) in _UV_NAMES.items():
        values = _present(option, pip.get(option, "").split())
        if values and not any(environ.get(name) for name in overruling):
            whole[variable] = separator.join(values)
            if option == "extra-index-url":
                # pip takes the best version of any index; uv the first index that has the name.
                whole.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if pip.get(_KEYRING) in ("import", "subprocess"):
        # uv asks a keyring by its program alone.
        whole.setdefault("UV_KEYRING_PROVIDER", "subprocess")
    return whole


def options(environ: Mapping[str, str] = os.environ) -> list[str]:
    """What uv can be told by an option alone: `--no-index`, where pip is told so."""
    told = _pip_settings(environ).get(_NO_INDEX, "").lower()
    return [f"--{_NO_INDEX}"] if told in ("1", "true", "yes", "on") else []


def _present(option: str, values: list[str]) -> list[str]:
    """Without folders that are not there: pip passes over those, uv refuses to go on."""
    if option not in ("find-links", "extra-index-url"):
        return values
    return [value for value in values if _is_there(value)]


def _is_there(place: str) -> bool:
    if place.startswith("file://"):
        return Path(place.removeprefix("file://")).is_dir()
    return "://" in place or Path(place).expanduser().exists()


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for path in _pip_files(environ):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(path)
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip's business to complain about
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({k.replace("_", "-"): v for k, v in parser.items(section)})
    for option in (*_UV_NAMES, _NO_INDEX, _KEYRING):
        if value := environ.get("PIP_" + option.upper().replace("-", "_")):
            settings[option] = value
    return settings


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Each overrules those before it."""
    only = environ.get("PIP_CONFIG_FILE")
    if only == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(folder) / "pip/pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip/pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf"
    if only:
        yield Path(only)
