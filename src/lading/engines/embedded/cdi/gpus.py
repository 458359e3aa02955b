"""Which of the described devices are GPUs, and which containers have which of them.

A GPU is a device of the class "gpu" (nvidia.com/gpu, amd.com/gpu, intel.com/gpu, …). Makers
describe one in several ways, by number and by UUID say, and all of them together as "all": devices
of the same nodes are one GPU, and what has all nodes of another and more is several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lading.engines.embedded import container
from lading.engines.embedded.cdi import specs
from lading.engines.embedded.cdi.specs import Device, Found
from lading.engines.embedded.container import Container
from lading.engines.embedded.layers import locked
from lading.errors import EngineError, EngineUnavailable

DESCRIBING = "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
"""What brings the file for NVIDIA's GPUs."""
_FIRST = ("nvidia.com/gpu", "amd.com/gpu")
"""Kinds that are given before others: a processor's own graphics are described as well."""
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


def among(found: Found) -> tuple[Device, ...]:
    """The GPUs, each once: kinds that are given first before others, then by number or name."""
    described = [x for x in found.devices if x.kind.partition("/")[2] == "gpu"]
    single: dict[object, Device] = {}
    for device in sorted(described, key=_order):
        if not _is_several(device, described):
            single.setdefault(device.nodes or device.qualified, device)
    return tuple(single.values())


def _is_several(device: Device, described: Sequence[Device]) -> bool:
    others = [x for x in described if x != device]
    if device.name == "all" and any(x.kind == device.kind for x in others):
        return True
    return any(x.nodes and x.nodes < device.nodes for x in others)


def _order(device: Device) -> tuple[object, ...]:
    """Of names that begin alike, by the numbers in them."""
    first = _FIRST.index(device.kind) if device.kind in _FIRST else len(_FIRST)
    parts = re.split(r"(\d+)", device.name)
    return first, device.kind, [(0, int(x), "") if x.isdigit() else (1, 0, x) for x in parts if x]


def require(count: int, where: str = "", folders: Sequence[Path] = specs.FOLDERS) -> None:
    """Whether a container can ever have so many. Raises EngineUnavailable, EngineError."""
    found = specs.read(folders)
    there = among(found)
    if count and not there:
        named = " and ".join(map(str, found.folders))
        raise EngineUnavailable(
            "this machine has no GPU that a container could be given",
            where,
            expected=f"{count}, described by CDI files in {named}",
            came="; ".join(("none", *found.faults)),
            todo=DESCRIBING,
        )
    if count > max(map(len, _by_kind(there)), default=0):
        raise EngineError(
            "this machine has too few GPUs",
            where,
            expected=f"{count} of one kind for one container",
            came="; ".join((_named(there), *found.faults)),
            todo="lower resources.gpu",
        )


def claim(made: Container, count: int, folders: Sequence[Path] = specs.FOLDERS) -> list[Device]:
    """Give free GPUs, all of one kind, to a container whose folder is there, until that is gone.

    Raises EngineError that says who has the others.
    """
    require(count, made.name, folders)
    with locked(made.run / "locks" / "gpus"):
        there = among(specs.read(folders))
        taken = held(made.folder.parent, made.run)
        free = [x for x in there if not any(one.is_same(x) for one in taken)]
        chosen = next((kind[:count] for kind in _by_kind(free) if len(kind) >= count), None)
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
    """Before anything of the container is made: so a crash leaves none that nobody knows of."""
    gpus = [{"name": x.qualified, "nodes": sorted(x.nodes)} for x in devices]
    temporary = made.folder / f"{_FILE}.new"
    temporary.write_text(json.dumps(gpus))
    temporary.rename(made.folder / _FILE)


def _remembered(name: str, file: Path) -> list[Held]:
    try:
        gpus = json.loads(file.read_text())
    except FileNotFoundError:
        return []
    return [
        Held(name, x["name"], frozenset((node[0], node[1]) for node in x["nodes"])) for x in gpus
    ]


def _by_kind(devices: Sequence[Device]) -> list[list[Device]]:
    kinds = dict.fromkeys(x.kind for x in devices)
    return [[x for x in devices if x.kind == kind] for kind in kinds]


def _told(there: Sequence[Device], free: Sequence[Device], taken: Sequence[Held]) -> str:
    mine = {x.qualified: [one.by for one in taken if one.is_same(x)] for x in there}
    having = ", ".join(f"{by[0]} has {name}" for name, by in mine.items() if by)
    return f"{len(free)} of {len(there)} ({having})"


def _named(devices: Sequence[Device]) -> str:
    return f"{len(devices)}: {', '.join(x.qualified for x in devices)}"
