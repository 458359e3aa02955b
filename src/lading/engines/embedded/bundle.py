"""What runc is told: the configuration of a container.

Source: OCI runtime specification 1.0.2, config.md and config-linux.md.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.engines import inside
from lading.engines.embedded import cgroups, seccomp
from lading.engines.embedded.cgroups import Cgroups
from lading.engines.embedded.identity import Identity
from lading.engines.engine import Workload
from lading.oci import Image

_OPEN_FILES = 65536
_RIGHTS = ("bounding", "effective", "inheritable", "permitted", "ambient")
_NONE: list[str] = []
_MASKED = [
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
    "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
    "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/cgroup",
    "/sys/kernel/debug", "/sys/kernel/security",
]  # fmt: skip
_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


@dataclass(frozen=True)
class Place:
    """Where a container's parts lie on this machine, and by which key the machine knows it."""

    key: str
    root: Path
    """Where the merged layers are mounted."""
    sockets: Path
    """The folder that becomes /run/lading inside."""


def configuration(
    workload: Workload, image: Image, place: Place, identity: Identity, groups: Cgroups
) -> dict[str, Any]:
    """The document that goes to config.json."""
    settings: Mapping[str, Any] = image.settings.get("config") or {}
    return {
        "ociVersion": "1.0.2",
        "hostname": workload.name[:63].rstrip(".-_"),
        "root": {"path": str(place.root), "readonly": not workload.foreign},
        "process": _process(workload, settings, identity, groups),
        "mounts": [*_system_mounts(workload), *_shared_mounts(workload, place)],
        "linux": {
            "namespaces": [
                {"type": x} for x in ("pid", "mount", "ipc", "uts", "network", "cgroup")
            ],
            "maskedPaths": _MASKED,
            "readonlyPaths": _READ_ONLY,
            "seccomp": seccomp.profile(),
            "sysctl": inside.kernel(workload),
            "rootfsPropagation": "private",
            **(_root_limits(workload, place, groups) if groups.by_runtime else {}),
        },
    }


def write(document: Mapping[str, Any], folder: Path) -> None:
    """Write config.json into a bundle's folder."""
    (folder / "config.json").write_text(json.dumps(document))


def _process(
    workload: Workload, settings: Mapping[str, Any], identity: Identity, groups: Cgroups
) -> dict[str, Any]:
    user, group = identity.user_of(workload.user or settings.get("User") or "")
    who: dict[str, Any] = {"uid": user, "gid": group}
    if identity.sub_ids:
        # The user outside is another id than the one inside: its sockets must let others connect.
        who["umask"] = 0
    variables = inside.environment(workload, settings)
    return {
        "terminal": False,
        "user": who,
        "args": inside.command(workload, settings),
        "cwd": settings.get("WorkingDir") or "/",
        "env": [f"{name}={value}" for name, value in variables.items()],
        "capabilities": dict.fromkeys(_RIGHTS, _NONE),
        "noNewPrivileges": True,
        "rlimits": _rlimits(workload, groups),
    }


def _rlimits(workload: Workload, groups: Cgroups) -> list[dict[str, Any]]:
    wanted = {"RLIMIT_NOFILE": (_OPEN_FILES, resource.RLIMIT_NOFILE), "RLIMIT_CORE": (0, 4)}
    if "pids" not in groups.folders and groups.counts_processes:
        # Counted for each user namespace apart since Linux 5.14, so it is this container's alone.
        wanted["RLIMIT_NPROC"] = (workload.limits.processes, resource.RLIMIT_NPROC)
    limits = []
    for kind, (value, number) in wanted.items():
        highest = resource.getrlimit(number)[1]
        allowed = value if highest == resource.RLIM_INFINITY else min(value, highest)
        limits.append({"type": kind, "soft": allowed, "hard": allowed})
    return limits


def _system_mounts(workload: Workload) -> list[dict[str, Any]]:
    half = workload.limits.memory_bytes // 2
    safe = ["nosuid", "nodev"]
    return [
        _mount("proc", "/proc", "proc", ["nosuid", "noexec", "nodev"]),
        _mount("sysfs", "/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        _mount("tmpfs", "/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        _mount("tmpfs", "/dev/shm", "tmpfs", [*safe, "noexec", "mode=1777", f"size={half}"]),
        _mount("tmpfs", "/tmp", "tmpfs", [*safe, "mode=1777", f"size={half}"]),
    ]


def _shared_mounts(workload: Workload, place: Place) -> list[dict[str, Any]]:
    options = ["bind", "rw", "nosuid", "nodev"]
    mounts = []
    if workload.port is None:
        own = [*options, "noexec"]
        mounts.append(_mount(str(place.sockets), inside.SOCKET_FOLDER, "bind", own))
    lent = ["bind", "ro", "nosuid", "nodev", "noexec"]
    mounts += [
        _mount(str(path), f"{inside.SECRETS_FOLDER}/{name}", "bind", lent)
        for name, path in workload.secrets.items()
    ]
    if workload.gateway:
        mounts.append(_mount(str(workload.gateway), inside.GATEWAY_FOLDER, "bind", lent))
    return [
        *mounts,
        *(
            # The root is read-only as it is mounted, its file system is not: so its own folder,
            # mounted over itself, can be written to.
            _mount(f"{place.root}/{folder.strip('/')}", folder, "bind", options)
            for folder in workload.writable
        ),
    ]


def _mount(source: str, destination: str, kind: str, options: list[str]) -> dict[str, Any]:
    return {"source": source, "destination": destination, "type": kind, "options": options}


def _root_limits(workload: Workload, place: Place, groups: Cgroups) -> dict[str, Any]:
    limits = workload.limits
    memory: dict[str, int] = {"limit": limits.memory_bytes}
    if groups.version == 2 or _counts_swap(groups):
        memory["swap"] = limits.memory_bytes
    resources: dict[str, Any] = {"devices": [{"allow": False, "access": "rwm"}]}
    if "memory" in groups.folders:
        resources["memory"] = memory
    if "cpu" in groups.folders:
        period = cgroups.PERIOD_MICROSECONDS
        resources["cpu"] = {"period": period, "quota": max(1000, round(limits.cpu * period))}
    if "pids" in groups.folders:
        resources["pids"] = {"limit": limits.processes}
    return {"cgroupsPath": f"{groups.parent}/{place.key}", "resources": resources}


def _counts_swap(groups: Cgroups) -> bool:
    folder = groups.folders.get("memory")
    return bool(folder and (folder.parent / "memory.memsw.limit_in_bytes").exists())
