"""Small files in the cache that are whole or not there."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from lading.stores.disk import explained


def write_record(path: Path, content: bytes) -> None:
    """Replace `path`, all or nothing. Raises StoreError when the disk does not take it."""
    import tempfile

    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            # Not synced: a cache that a power cut damages is read as empty.
            Path(name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
