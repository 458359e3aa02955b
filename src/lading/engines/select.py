"""Which engine runs containers here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lading.engines.embedded.doctor import check
from lading.engines.embedded.engine import Embedded
from lading.engines.engine import Engine, Limits
from lading.errors import EngineUnavailable
from lading.state.folders import Folders
from lading.stores.layout import Layout

_NOTHING: Mapping[str, Limits] = MappingProxyType({})


def embedded(folders: Folders) -> Engine:
    """The engine without a daemon, over the user's own store."""
    return Embedded(Layout(folders.store), folders.engine, folders.run)


def require_embedded(wanted: Mapping[str, Limits] = _NOTHING) -> None:
    """Raises EngineUnavailable, with the command that mends it, when it cannot run here.

    `wanted` is what containers are to have, by its place in lading.yaml: EngineError is raised when
    this machine has not as many GPUs, whoever has them now.
    """
    for finding in check():
        if finding.required and not finding.ok:
            raise EngineUnavailable(finding.detail, todo=finding.mend)
    for place, limits in wanted.items():
        if limits.gpu:
            # Imported where there are any: 15 ms.
            from lading.engines.cdi import gpus

            gpus.require(limits.gpu, f"{place}.resources.gpu")
