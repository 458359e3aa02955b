"""What is so of every container: what it may not do, and how it is kept.

Source: Compose Specification, 05-services.md. It asks Docker for what `lading.engines.docker` does.
"""

from __future__ import annotations

from typing import Any

from lading.building.in_image import USER_ID
from lading.engines.engine import Limits

Document = dict[str, Any]

SECCOMP = "seccomp.json"
"""The file with the allowed system calls, beside the Compose file."""
_LOG = {"driver": "json-file", "options": {"max-size": "32m", "max-file": "2"}}


def confined(image: str, grace_seconds: float) -> Document:
    """A container that may do nothing but run, kept running. Its limits are another matter."""
    return {
        "image": image,
        "pull_policy": "never" if "@" not in image else "missing",
        "user": f"{USER_ID}:{USER_ID}",
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        # A volume is reached from two containers, which SELinux would part.
        "security_opt": ["no-new-privileges:true", f"seccomp:{SECCOMP}", "label:disable"],
        "ipc": "private",
        "cgroup": "private",
        # No other: a daemon that may open fewer files itself would refuse the container.
        "ulimits": {"core": 0},
        "logging": _LOG,
        "stop_grace_period": f"{grace_seconds:g}s",
    }


def limited(limits: Limits) -> Document:
    """What a container may use."""
    half = limits.memory_bytes // 2
    document: Document = {
        "cpus": limits.cpu,
        "mem_limit": limits.memory_bytes,
        # Memory and swap together: no swap beside memory.
        "memswap_limit": limits.memory_bytes,
        "pids_limit": limits.processes,
        "shm_size": half,
        "tmpfs": [temporary(half)],
    }
    if limits.gpu:
        devices = [{"count": limits.gpu, "capabilities": ["gpu"]}]
        document["deploy"] = {"resources": {"reservations": {"devices": devices}}}
    return document


def temporary(size_bytes: int) -> str:
    """/tmp, in memory."""
    return f"/tmp:rw,exec,nosuid,nodev,mode=1777,size={size_bytes}"


def socket_volume() -> Document:
    """A folder for a socket, in memory, that the user of every image of ours may write to.

    A folder on the disk would belong to root, or keep the socket of one that was killed.
    """
    options = f"uid={USER_ID},gid={USER_ID},mode=0700,size=64k,nosuid,nodev,noexec"
    return {
        "driver": "local",
        "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": options},
    }


def mounted(volume: str, target: str, *, read_only: bool = False) -> Document:
    """A volume with a socket, at a path."""
    return {
        "type": "volume",
        "source": volume,
        "target": target,
        "read_only": read_only,
        # With what the image has there would come its owner.
        "volume": {"nocopy": True},
    }
