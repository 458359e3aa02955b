"""Which engine runs containers here."""

from __future__ import annotations

from lading.engines.embedded.doctor import check
from lading.engines.embedded.engine import Embedded
from lading.engines.engine import Engine
from lading.errors import EngineUnavailable
from lading.state.folders import Folders
from lading.stores.layout import Layout


def embedded(folders: Folders) -> Engine:
    """The engine without a daemon, over the user's own store."""
    return Embedded(Layout(folders.store), folders.engine, folders.run)


def require_embedded() -> None:
    """Raises EngineUnavailable, with the command that mends it, when it cannot run here."""
    for finding in check():
        if finding.required and not finding.ok:
            raise EngineUnavailable(finding.detail, todo=finding.mend)
