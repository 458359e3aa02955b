"""What a container finds inside, alike on every engine: paths, ports, variables, what it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lading.engines.engine import Workload

SOCKET_FOLDER = "/run/lading"
SOCKET = f"{SOCKET_FOLDER}/http.sock"
"""Where its server listens, unless the workload has a port."""
GATEWAY_FOLDER = "/run/gateway"
GATEWAY_SOCKET = f"{GATEWAY_FOLDER}/http.sock"
GATEWAY_PORTS = (7878, 7879)
"""Where a workload with a port finds the gateway; the second where the first is its own."""
SECRETS_FOLDER = "/run/secrets"
"""Where its secrets are, each a file of its name."""
_ASK_FOR_GPUS = ("NVIDIA_VISIBLE_DEVICES", "CUDA_VERSION")
"""By these, images of CUDA ask NVIDIA's runtime for every GPU of the machine, where that is what
a daemon starts all containers with (container-toolkit, "Specialized Configurations")."""
_FIRST_OF_ANYBODY = 1024
"""Ports below are root's, unless the network says otherwise."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def command(workload: Workload, settings: Mapping[str, Any]) -> list[str]:
    """The arguments a container starts with (image specification, config.md, "Entrypoint")."""
    if workload.command is not None:
        return list(workload.command)
    own = settings.get("Cmd") or ()
    return [*(settings.get("Entrypoint") or ()), *(workload.arguments or own)]


def environment(workload: Workload, settings: Mapping[str, Any]) -> Mapping[str, str]:
    """The image's variables, the workload's over them, and over both what is so in any case."""
    merged = {"PATH": _PATH, "HOME": "/tmp"}
    merged |= dict(entry.split("=", 1) for entry in settings.get("Env") or () if "=" in entry)
    if not workload.limits.gpu and any(name in merged for name in _ASK_FOR_GPUS):
        merged["NVIDIA_VISIBLE_DEVICES"] = "void"
    merged |= workload.env
    if workload.port is None:
        merged["LADING_SOCKET"] = SOCKET
    else:
        merged["PORT"] = str(workload.port)
    if workload.secrets:
        merged["LADING_SECRETS"] = " ".join(sorted(workload.secrets))
    if workload.gateway:
        by_port = f"http://127.0.0.1:{gateway_port(workload)}"
        merged["LADING_GATEWAY"] = by_port if workload.port else f"unix:{GATEWAY_SOCKET}"
    return merged


def kernel(workload: Workload) -> dict[str, str]:
    """Settings of its own network (sysctl, ip-sysctl.rst): a low port is nobody's there.

    Named only where it is needed: not every machine lets everybody say it.
    """
    if workload.port is None or workload.port >= _FIRST_OF_ANYBODY:
        return {}
    return {"net.ipv4.ip_unprivileged_port_start": str(workload.port)}


def gateway_port(workload: Workload) -> int:
    """Where a workload with a port finds the gateway, on its own loopback."""
    return next(port for port in GATEWAY_PORTS if port != workload.port)
