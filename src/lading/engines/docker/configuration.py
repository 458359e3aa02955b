"""What the daemon is told: the body of a request for a container.

Source: Docker Engine API 1.41, "Create a container". It asks for what
`lading.engines.embedded.bundle` asks of runc.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lading.engines import inside
from lading.engines.docker import devices, loading
from lading.engines.docker.container import PART, RECORD, Container, Part, Record
from lading.engines.docker.daemon import Daemon
from lading.engines.embedded import seccomp
from lading.engines.embedded.cgroups import PERIOD_MICROSECONDS
from lading.engines.embedded.identity import Identity
from lading.engines.engine import Limits, Workload
from lading.errors import EngineError
from lading.oci import Image

_BRIDGE = "/run/lading-bridge.py"
_BRIDGE_LIMITS = Limits(cpu=1.0, memory_bytes=128 * 1024**2, processes=32)
_PYTHON = "io.lading.python"
_INTERPRETER = "io.lading.interpreter"
"""The labels by which an image says which Python is in it; the second where it is not Debian's."""
_OPEN_FILES = 65536
_PROCESSES = 32768
"""Of one user on the whole machine: those of one container are counted by its group."""
NO_LABELS: Mapping[str, str] = MappingProxyType({})
_LOG = {"Type": "json-file", "Config": {"max-size": "32m", "max-file": "2"}}


@dataclass(frozen=True)
class Wanted:
    """A workload, and all it needs from this machine and its daemon."""

    workload: Workload
    image: Image
    image_id: str
    """As the daemon calls it."""
    container: Container
    daemon: Daemon
    seccomp_file: Path
    gpus: tuple[str, ...] = ()
    """Those chosen for it, by CDI's names."""
    bridge_image: Image | None = None
    """What the bridge runs from, which the daemon has; None where it needs none."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How its image says it is to be run."""
        return self.image.settings.get("config") or {}

    @property
    def user(self) -> tuple[int, int]:
        """User and group ID inside: never root's."""
        said = self.workload.user or self.settings.get("User") or ""
        return Identity(0, 0, root=True).user_of(said)


def main(wanted: Wanted, folders: str | None, bridge_id: str | None) -> dict[str, Any]:
    """The workload's own container.

    It takes over the volumes of the container `folders`, and is in the network of the bridge.
    """
    workload, settings = wanted.workload, wanted.settings
    arguments = inside.command(workload, settings)
    environment = inside.environment(workload, settings)
    if not arguments:
        raise EngineError("neither the workload nor its image says what to run", workload.name)
    binds = [f"{wanted.container.sockets}:{inside.SOCKET_FOLDER}:rw"]
    binds += [f"{x}:{inside.SECRETS_FOLDER}/{name}:ro" for name, x in workload.secrets.items()]
    if workload.gateway:
        binds.append(f"{workload.gateway}:{inside.GATEWAY_FOLDER}:ro")
    host = {
        **_host(wanted, workload.limits, binds),
        "NetworkMode": f"container:{bridge_id}" if bridge_id else _network(workload),
        "VolumesFrom": [folders] if folders else [],
        "DeviceRequests": devices.requests(workload.limits.gpu, wanted.daemon, wanted.gpus),
        "RestartPolicy": {"Name": "no"},
    }
    return {
        **_common(wanted, Part.MAIN, arguments, {devices.LABEL: ",".join(wanted.gpus)}),
        **({} if bridge_id else _named(workload)),
        "WorkingDir": settings.get("WorkingDir") or "/",
        "Env": [f"{key}={value}" for key, value in environment.items()],
        "HostConfig": host,
    }


def bridge(wanted: Wanted) -> dict[str, Any]:
    """A second container, whose network the workload's own shares: it joins port and socket.

    It is there first, so that a server that asks others as it starts finds the way. It runs from
    the workload's own image where this has a Python: another need not be there then.
    """
    workload = wanted.workload
    image = wanted.bridge_image or wanted.image
    python = python_of(image)
    if not python:
        raise EngineError(
            "a server on a port is reached by a program in Python",
            workload.name,
            expected="an image that Lading built",
            came="one whose labels name no Python",
        )
    arguments = [python, "-I", _BRIDGE, "--socket", inside.SOCKET]
    arguments += ["--port", str(workload.port)]
    if workload.health:
        arguments += ["--health", workload.health]
    binds = [
        f"{wanted.container.sockets}:{inside.SOCKET_FOLDER}:rw",
        f"{wanted.container.bridge_program}:{_BRIDGE}:ro",
    ]
    if workload.gateway:
        binds.append(f"{workload.gateway}:{inside.GATEWAY_FOLDER}:ro")
        arguments += ["--gateway", inside.GATEWAY_SOCKET]
        arguments += ["--gateway-port", str(inside.gateway_port(workload))]
    host = {
        **_host(wanted, _BRIDGE_LIMITS, binds),
        "NetworkMode": _network(workload),
        "Sysctls": inside.kernel(workload),
        # Started again it would have another network than the workload: that is seen as its end.
        "RestartPolicy": {"Name": "no"},
    }
    return {
        **_common(wanted, Part.BRIDGE, arguments),
        "Image": str(loading.name(image)),
        **_named(workload),
        "WorkingDir": "/",
        "Env": ["PYTHONDONTWRITEBYTECODE=1"],
        "HostConfig": host,
    }


def python_of(image: Image) -> str:
    """The path of an image's Python, as its labels say; empty where they do not."""
    labels = (image.settings.get("config") or {}).get("Labels") or {}
    if path := labels.get(_INTERPRETER):
        return str(path)
    return f"/usr/bin/python{labels[_PYTHON]}" if _PYTHON in labels else ""


def folders(wanted: Wanted) -> dict[str, Any]:
    """A container that never runs, whose volumes are the folders that may be written to.

    They are made with what the image has there, and may then be given to their user: in a
    container whose root is read-only the daemon changes nothing.
    """
    return {
        **_common(wanted, Part.FOLDERS, ["/"]),
        "Volumes": {folder: {} for folder in wanted.workload.writable},
        "HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": "none"}},
    }


def _network(workload: Workload) -> str:
    return "default" if workload.egress else "none"


def _named(workload: Workload) -> dict[str, str]:
    return {"Hostname": workload.name[:63].rstrip(".-_")}


def _common(
    wanted: Wanted, part: Part, arguments: list[str], more: Mapping[str, str] = NO_LABELS
) -> dict[str, Any]:
    user, group = wanted.user
    record = Record.of(wanted.workload, wanted.daemon.unenforced)
    return {
        "Image": str(loading.name(wanted.image)),
        "User": f"{user}:{group}",
        "Entrypoint": arguments,
        "Cmd": [],
        "StopSignal": "SIGTERM",
        "Labels": {
            **wanted.workload.labels,
            **wanted.container.labels,
            PART: part.value,
            RECORD: record.to_json(),
            **{name: value for name, value in more.items() if value},
        },
    }


def _host(wanted: Wanted, limits: Limits, binds: list[str]) -> dict[str, Any]:
    half = limits.memory_bytes // 2
    return {
        "Binds": binds,
        "ReadonlyRootfs": not wanted.workload.foreign,
        "Tmpfs": {
            "/tmp": ",".join(["rw", "exec", "nosuid", "nodev", f"size={half}", *_owner(wanted)])
        },
        "ShmSize": half,
        "CapDrop": ["ALL"],
        "SecurityOpt": _security(wanted),
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "LogConfig": _LOG,
        **_limits(limits, wanted.daemon),
    }


def _owner(wanted: Wanted) -> list[str]:
    """Of /tmp: runc gives a tmpfs the mode of the folder it covers, and an image may have none."""
    user, group = wanted.user
    own = [] if wanted.daemon.podman else [f"uid={user}", f"gid={group}"]
    return ["mode=1777", *own]


def _limits(limits: Limits, daemon: Daemon) -> dict[str, Any]:
    """Those that the daemon can set; it refuses a container with one that it cannot."""
    found: dict[str, Any] = {"Ulimits": _ulimits(daemon)}
    if "memory" not in daemon.unenforced:
        # Memory and swap together: no swap beside memory.
        found |= {"Memory": limits.memory_bytes, "MemorySwap": limits.memory_bytes}
    if "cpu" not in daemon.unenforced:
        quota = max(1000, round(limits.cpu * PERIOD_MICROSECONDS))
        found |= {"CpuPeriod": PERIOD_MICROSECONDS, "CpuQuota": quota}
    if "processes" not in daemon.unenforced:
        found["PidsLimit"] = limits.processes
    return found


def _ulimits(daemon: Daemon) -> list[dict[str, Any]]:
    wanted = {"nofile": _allowed(_OPEN_FILES, resource.RLIMIT_NOFILE), "core": 0}
    if daemon.podman:
        # Of what is not said it asks for a million, which not every root may have.
        wanted["nproc"] = _allowed(_PROCESSES, resource.RLIMIT_NPROC)
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in wanted.items()]


def _allowed(value: int, kind: int) -> int:
    """No more than this process may have: the daemon's own limits are about the same."""
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _security(wanted: Wanted) -> list[str]:
    """Docker takes the list of system calls itself, Podman the file it is in."""
    podman = wanted.daemon.podman
    profile = str(wanted.seccomp_file) if podman else json.dumps(seccomp.profile())
    options = ["no-new-privileges", f"seccomp={profile}"]
    # The gateway's process is not labelled as a container's: SELinux would part the two.
    return [*options, "label=disable"] if wanted.daemon.selinux else options
