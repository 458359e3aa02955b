"""Which engine runs containers here: chosen by name, remembered, opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

from lading.engines.engine import Engine, Limits
from lading.errors import EngineUnavailable
from lading.state.folders import Folders
from lading.stores.layout import Layout

# Engines are imported where one is opened or asked for: each takes as long as all of a command.
EMBEDDED, DOCKER = "embedded", "docker"
NAMES = (EMBEDDED, DOCKER)
_NOTHING: Mapping[str, Limits] = MappingProxyType({})


@dataclass(frozen=True)
class Chosen:
    """An engine, and where it is to be found again by whoever has other settings."""

    name: str = EMBEDDED
    host: str = ""
    """Of a daemon, as in DOCKER_HOST."""

    def __str__(self) -> str:
        return f"{self.name} ({self.host})" if self.host else self.name


def require(name: str, wanted: Mapping[str, Limits] = _NOTHING) -> Chosen:
    """The engine of that name, which can run here.

    `wanted` is what containers are to have, by its place in lading.yaml. Raises EngineUnavailable,
    with what mends it, when it cannot run; EngineError when there are not as many GPUs, whoever has
    them now.
    """
    if name == DOCKER:
        return _docker(wanted)
    from lading.engines.embedded.doctor import check

    for finding in check():
        if finding.required and not finding.ok:
            raise EngineUnavailable(finding.detail, todo=f"{finding.mend}{_instead()}")
    for place, limits in wanted.items():
        if limits.gpu:
            from lading.engines.cdi import gpus

            gpus.require(limits.gpu, f"{place}.resources.gpu")
    return Chosen()


def opened(chosen: Chosen, folders: Folders) -> Engine:
    """An engine over the user's own store. Asks nothing of it yet."""
    store = Layout(folders.store)
    if chosen.name == EMBEDDED:
        from lading.engines.embedded.engine import Embedded

        return Embedded(store, folders.engine, folders.run)
    from lading.engines.docker.engine import Docker

    return Docker(store, chosen.host, folders.data, folders.run)


def remember(file: Path, chosen: Chosen) -> None:
    """Keep a choice for whoever comes later, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(chosen)))
    temporary.rename(file)


def recalled(file: Path) -> Chosen:
    """The choice that was kept; the embedded engine where none was."""
    try:
        return Chosen(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Chosen()


def names_a_daemon() -> str:
    """The address that the user's own settings choose; empty when they choose none."""
    from lading.engines.docker import where

    first = where.addresses()[0]
    return first.host if first.chosen else ""


def _docker(wanted: Mapping[str, Limits]) -> Chosen:
    from lading.engines.docker import daemon, devices

    found = daemon.find()
    for place, limits in wanted.items():
        if limits.gpu:
            devices.choose(limits.gpu, found, (), f"{place}.resources.gpu")
    return Chosen(DOCKER, found.host)


def _instead() -> str:
    """What else would do: only said where the embedded engine does not."""
    from lading.engines.docker import daemon

    try:
        found = daemon.find()
    except EngineUnavailable:
        return ""
    return f"; or use {found.name}, which answers here: `engine: docker` or `--engine docker`"
