"""Files out of a container, as the daemon sends them.

The daemon looks a path up with the container's root as the root, running or exited.
"""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from lading.engines.docker.api import Api
from lading.engines.embedded.unpack import Ownership, unpack
from lading.engines.landing import ARRIVED, land
from lading.errors import EngineError, PathNotFound

_LINKS = 40
"""As many are followed as the kernel follows."""


def copy_out(api: Api, container: str, where: str, source: str, destination: Path) -> None:
    """Copy `source` to `destination`, which is replaced when the copy is whole.

    `where` names it in messages. Raises PathNotFound; EngineError when it holds a link out of
    itself.
    """

    def fetch(received: Path) -> None:
        received.mkdir()
        with _opened(api, container, where, source) as stream:
            try:
                unpack(stream, received, Ownership(keep=False, opaque="user.unused"))
            except (tarfile.TarError, OSError) as problem:
                raise EngineError("could not be copied", where, came=str(problem)) from problem
        _rename(received)

    land(where, destination, fetch)


def _opened(api: Api, container: str, where: str, source: str) -> BinaryIO:
    """The path as a tar, whatever links lead to it."""
    path = PurePosixPath(source)
    for _ in range(_LINKS):
        found = api.get(container, str(path))
        if found is None:
            raise PathNotFound("no such path", where)
        stream, target = found
        if not target:
            return stream
        stream.close()
        path = path.parent / target
    raise EngineError("too many links", where)


def _rename(received: Path) -> None:
    """The daemon calls it by its own name; a root has none, and comes as all that is in it."""
    arrived = list(received.iterdir())
    if len(arrived) == 1:
        arrived[0].rename(received / ARRIVED)
    elif arrived:
        (received / ARRIVED).mkdir()
        for one in arrived:
            one.rename(received / ARRIVED / one.name)
