"""Which engine runs containers here."""

from __future__ import annotations

from lading.engines.embedded.engine import Embedded
from lading.engines.engine import Engine
from lading.state.folders import Folders
from lading.stores.layout import Layout


def embedded(folders: Folders) -> Engine:
    """The engine without a daemon, over the user's own store."""
    return Embedded(Layout(folders.store), folders.engine, folders.run)
