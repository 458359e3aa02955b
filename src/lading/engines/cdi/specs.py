"""The devices that CDI files of this machine describe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lading.engines.cdi import document
from lading.engines.cdi.document import Edits

FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
"""Where files are looked for; of two devices of one name, that of the later folder counts."""


@dataclass(frozen=True)
class Device:
    """Something a container can be given. `common` are the edits of all devices in `file`."""

    kind: str
    """Vendor and class: "nvidia.com/gpu"."""
    name: str
    file: Path
    common: Edits = field(repr=False)
    own: Edits = field(repr=False)

    @property
    def qualified(self) -> str:
        """By which it is known on the whole machine: "nvidia.com/gpu=0"."""
        return f"{self.kind}={self.name}"

    @property
    def nodes(self) -> frozenset[tuple[str, str]]:
        """What it consists of: its own device nodes, as (on this machine, in a container)."""
        return frozenset((node.source, node.path) for node in self.own.device_nodes)


@dataclass(frozen=True)
class Found:
    """What there is. `faults` say of each file that is not used why."""

    devices: tuple[Device, ...]
    faults: tuple[str, ...]
    folders: tuple[Path, ...]
    """Where was looked, whether there or not."""


def read(folders: Sequence[Path] = FOLDERS) -> Found:
    """Read every file that is whole; one that is not keeps none of the others from being used."""
    devices: dict[str, Device] = {}
    faults: list[str] = []
    for folder in folders:
        own: dict[str, Device] = {}
        doubled: set[str] = set()
        for file in _files(folder, faults):
            for device in _devices(file, faults):
                if other := own.get(device.qualified):
                    faults.append(f"{file}: {device.qualified} is in {other.file} too")
                    doubled.add(device.qualified)
                own[device.qualified] = device
        devices |= own
        for name in doubled:
            del devices[name]
    return Found(tuple(devices.values()), tuple(faults), tuple(folders))


def _files(folder: Path, faults: list[str]) -> list[Path]:
    try:
        return sorted(x for x in folder.iterdir() if x.suffix in (".json", ".yaml"))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        faults.append(f"{folder}: {str(error.strerror).lower()}")
        return []


def _devices(file: Path, faults: list[str]) -> Iterator[Device]:
    try:
        found = document.parse(file.read_text("utf-8"), file.suffix == ".json")
    except OSError as error:
        faults.append(f"{file}: {str(error.strerror).lower()}")
        return
    except ValueError as error:
        faults.append(f"{file}: {error}")
        return
    for one in found.devices:
        yield Device(found.kind, one.name, file, found.container_edits, one.container_edits)
