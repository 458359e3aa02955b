"""What one workload is on the daemon: names, labels, folders; and what is told of it from those."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from lading.engines.engine import Workload
from lading.oci import Digest

HOME = "io.lading.home"
WORKLOAD = "io.lading.workload"
PART = "io.lading.part"
RECORD = "io.lading.record"


class Part(Enum):
    """What a container is to its workload."""

    MAIN = "main"
    BRIDGE = "bridge"
    """Joins its port to its socket."""
    FOLDERS = "folders"
    """Never runs: is there while the folders that may be written to are made."""


@dataclass(frozen=True)
class Container:
    """A workload of one Lading home; other homes may use the same daemon."""

    name: str
    home: str
    """Short, and like no other home's on this machine."""
    run: Path

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.home} {self.name}".encode()).hexdigest()[:16]

    def called(self, part: Part) -> str:
        """The container's name, as `docker ps` shows it."""
        suffix = "" if part is Part.MAIN else f".{part.value}"
        return f"lading-{self.home}-{self.name}{suffix}"

    @property
    def labels(self) -> dict[str, str]:
        """What all containers of the workload have, and no others."""
        return {HOME: self.home, WORKLOAD: self.name}

    @property
    def runtime(self) -> Path:
        """The parent of the socket folder; nobody else may enter it."""
        return self.run / "d" / self.key

    @property
    def sockets(self) -> Path:
        return self.runtime / "s"

    @property
    def bridge_program(self) -> Path:
        return self.runtime / "bridge.py"

    @property
    def address(self) -> str:
        return f"unix:{self.sockets}/http.sock"


@dataclass(frozen=True)
class Record:
    """What must be known of a workload that only a label can keep."""

    image: Digest
    labels: Mapping[str, str]
    grace_seconds: float
    unenforced: tuple[str, ...]
    port: int | None
    """Of its server; its address then leads to a bridge."""

    @classmethod
    def of(cls, workload: Workload, unenforced: tuple[str, ...]) -> Record:
        labels = dict(workload.labels)
        return cls(workload.image, labels, workload.grace_seconds, unenforced, workload.port)

    def to_json(self) -> str:
        document = {
            "image": str(self.image),
            "labels": dict(self.labels),
            "grace_seconds": self.grace_seconds,
            "unenforced": list(self.unenforced),
            "port": self.port,
        }
        return json.dumps(document, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Record:
        found: dict[str, Any] = json.loads(text)
        return cls(
            Digest.parse(found["image"]),
            found["labels"],
            float(found["grace_seconds"]),
            tuple(found["unenforced"]),
            found["port"],
        )


def home_of(data: Path) -> str:
    """The name of the Lading home whose files are in `data`."""
    return hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:8]
