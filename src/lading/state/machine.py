"""What tells machines apart that share a database."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path

from lading.errors import StateError


def machine(data: Path) -> str:
    """A name that no other machine has, made once below `data`. Raises StateError.

    Not /etc/machine-id: containers of one image share that, or have none.
    """
    file = data / "machine"
    with suppress(OSError):
        return file.read_text().strip()
    try:
        data.mkdir(parents=True, exist_ok=True)
        own = file.with_suffix(f".{uuid.uuid4().hex}")
        own.write_text(f"{uuid.uuid4().hex}\n")
        with suppress(FileExistsError):
            file.hardlink_to(own)  # whoever is first names the machine
        own.unlink()
        return file.read_text().strip()
    except OSError as error:
        raise StateError("cannot name this machine", str(file), came=str(error.strerror)) from error
