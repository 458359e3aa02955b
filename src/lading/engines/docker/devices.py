"""GPUs, as the daemons are asked for them.

Source: Docker Engine API 1.41, HostConfig.DeviceRequests. Podman reads such requests from 5.4 on,
those for the driver "cdi".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from lading.engines.cdi import gpus, specs
from lading.engines.docker.daemon import Daemon
from lading.errors import EngineError, EngineUnavailable

LABEL = "io.lading.gpus"
"""Of a container: the GPUs that were chosen for it, by CDI's names, with commas between."""
_PODMAN = (5, 4)
_NVIDIA = "nvidia.com/gpu"
_NO_DRIVER = "could not select device driver"


def choose(
    count: int,
    daemon: Daemon,
    taken: Collection[str],
    where: str,
    folders: Sequence[Path] = specs.FOLDERS,
) -> tuple[str, ...]:
    """Names of GPUs that no other container has; none where this machine does not describe any.

    Docker then gives the first `count`, to every container that asks. Raises EngineUnavailable,
    EngineError.
    """
    if daemon.podman and daemon.version < _PODMAN:
        raise EngineUnavailable(
            f"{daemon.name} takes no GPUs through the Docker API",
            where,
            expected="Podman 5.4 or newer, or Docker Engine",
            todo="use another, or `engine: embedded`",
        )
    there = gpus.among(specs.read(folders))
    if not daemon.podman:
        there = tuple(one for one in there if one.kind == _NVIDIA)
        if not there:
            return ()
    gpus.require(count, where, folders)
    free = [one.qualified for one in there if one.qualified not in taken]
    if len(free) < count:
        raise EngineError(
            "too few GPUs are free",
            where,
            expected=str(count),
            came=f"{len(free)} of {len(there)}",
            todo="stop another service that has some, or lower resources.gpu",
        )
    return tuple(free[:count])


def requests(count: int, daemon: Daemon, names: Sequence[str]) -> list[dict[str, Any]]:
    """What the daemon is told; nothing where no GPU is wanted."""
    if not count:
        return []
    if daemon.podman:
        return [{"Driver": "cdi", "DeviceIDs": list(names)}]
    # NVIDIA's own runtime knows its GPUs by what stands after the "=": a number or UUID.
    which = {"DeviceIDs": [name.partition("=")[2] for name in names]} if names else {"Count": count}
    return [{"Driver": "", "Capabilities": [["gpu"]], **which}]


def explained(problem: EngineError, count: int, daemon: Daemon, where: str) -> EngineError:
    """A refusal to start, in words that say what to do where a GPU is the reason."""
    # The daemon tells of it by text alone.
    if not count or _NO_DRIVER not in problem.came:
        return problem
    return EngineUnavailable(
        f"{daemon.name} has no runtime for GPUs",
        where,
        came=problem.came,
        todo="install nvidia-container-toolkit, run `sudo nvidia-ctk runtime configure "
        "--runtime=docker`, and restart Docker",
    )
