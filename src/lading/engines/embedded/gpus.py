"""Which containers have which GPUs.

It is remembered in a container's folder before anything is made of it, and forgotten with that
folder: so a crash leaves no GPU that somebody has and nobody knows of, nor the other way about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lading.engines.cdi import gpus, specs
from lading.engines.cdi.specs import Device
from lading.engines.embedded import container
from lading.engines.embedded.container import Container
from lading.engines.embedded.layers import locked
from lading.errors import EngineError

_FILE = "gpus.json"


@dataclass(frozen=True)
class Held:
    """A GPU that a container has."""

    by: str
    name: str
    nodes: frozenset[tuple[str, str]]

    def is_same(self, device: Device) -> bool:
        """By its nodes too: a file that is written anew may call it otherwise."""
        same_nodes = bool(self.nodes) and self.nodes == device.nodes
        return same_nodes or self.name == device.qualified


def claim(made: Container, count: int, folders: Sequence[Path] = specs.FOLDERS) -> list[Device]:
    """Give free GPUs, all of one kind, to a container whose folder is there, until that is gone.

    Raises EngineError that says who has the others.
    """
    gpus.require(count, made.name, folders)
    with locked(made.run / "locks" / "gpus"):
        there = gpus.among(specs.read(folders))
        taken = held(made.folder.parent, made.run)
        free = [x for x in there if not any(one.is_same(x) for one in taken)]
        chosen = next((kind[:count] for kind in gpus.by_kind(free) if len(kind) >= count), None)
        if chosen is None:
            raise EngineError(
                "too few GPUs are free",
                made.name,
                expected=str(count),
                came=_told(there, free, taken),
                todo="stop one of those, or lower resources.gpu",
            )
        _remember(made, chosen)
    return chosen


def held(containers: Path, run: Path) -> list[Held]:
    """Who has which now. A container that ended has none, unless it was never quite started."""
    taken = []
    for file in sorted(containers.glob(f"[!.]*/{_FILE}")):
        made = Container(file.parent.name, file.parent, run)
        record = container.load(made)
        # Left half made by a caller that was killed, it may still come to run.
        if record is None or record.process.alive:
            taken += _remembered(made.name, file)
    return taken


def _remember(made: Container, devices: Sequence[Device]) -> None:
    chosen = [{"name": x.qualified, "nodes": sorted(x.nodes)} for x in devices]
    temporary = made.folder / f"{_FILE}.new"
    temporary.write_text(json.dumps(chosen))
    temporary.rename(made.folder / _FILE)


def _remembered(name: str, file: Path) -> list[Held]:
    try:
        chosen = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):  # cut off: the machine went down, and the container
        return []
    return [
        Held(name, x["name"], frozenset((node[0], node[1]) for node in x["nodes"])) for x in chosen
    ]


def _told(there: Sequence[Device], free: Sequence[Device], taken: Sequence[Held]) -> str:
    """How many of each kind are free, and who has the others."""
    kinds = gpus.by_kind(there)
    counts = [
        f"{sum(x in free for x in kind)} of {len(kind)} {kind[0].kind if len(kinds) > 1 else ''}"
        for kind in kinds
    ]
    having: dict[str, list[str]] = {}
    for device in there:
        for one in taken:
            if one.is_same(device):
                having.setdefault(one.by, []).append(device.qualified)
    owners = "; ".join(f"{by} has {', '.join(names)}" for by, names in having.items())
    return f"{', '.join(x.strip() for x in counts)} ({owners})"
