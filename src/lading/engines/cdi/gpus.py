"""Which of the described devices are GPUs.

A GPU is a device of the class "gpu" (nvidia.com/gpu, amd.com/gpu, intel.com/gpu, …). Makers
describe one in several ways, by number and by UUID say, and all of them together as "all": devices
of the same nodes are one GPU, and what has all nodes of another and more is several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lading.engines.cdi import specs
from lading.engines.cdi.specs import Device, Found
from lading.errors import EngineError, EngineUnavailable

DESCRIBING = "run: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
"""What brings the file for NVIDIA's GPUs."""
_FIRST = ("nvidia.com/gpu", "amd.com/gpu")
"""Kinds that are given before others: a processor's own graphics are described as well."""


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
    if count > max(map(len, by_kind(there)), default=0):
        raise EngineError(
            "this machine has too few GPUs",
            where,
            expected=f"{count} of one kind for one container",
            came="; ".join((_named(there), *found.faults)),
            todo="lower resources.gpu",
        )


def by_kind(devices: Sequence[Device]) -> list[list[Device]]:
    """Of each kind those of it, in the order in which they are given."""
    kinds = dict.fromkeys(x.kind for x in devices)
    return [[x for x in devices if x.kind == kind] for kind in kinds]


def _named(devices: Sequence[Device]) -> str:
    return f"{len(devices)}: {', '.join(x.qualified for x in devices)}"
