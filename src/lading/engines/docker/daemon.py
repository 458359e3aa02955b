"""A daemon that was found: what it is, and whether it is of any use here."""

from __future__ import annotations

import os
import platform
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lading.engines.docker.where import Address, addresses
from lading.errors import EngineUnavailable

if TYPE_CHECKING:
    from lading.engines.docker.api import Api

_UNIX = "unix://"
_LIMITS = (("MemoryLimit", "memory"), ("CpuCfsQuota", "cpu"), ("PidsLimit", "processes"))
_EXPORT = "`lading export compose` writes a file with which it runs there"


@dataclass(frozen=True)
class Daemon:
    """What a daemon says of itself."""

    host: str
    podman: bool
    version: tuple[int, ...]
    rootless: bool
    selinux: bool
    unenforced: tuple[str, ...]
    """Which of "memory", "cpu" and "processes" it cannot limit."""
    keeps_archives: bool
    """Whether its images are kept as they came (containerd's store), not as unpacked layers."""

    @property
    def name(self) -> str:
        """What to call it to a person: "Podman 4.3.1"."""
        kind = "Podman" if self.podman else "Docker Engine"
        return f"{kind} {'.'.join(map(str, self.version))}"


def find(found: Sequence[Address] | None = None) -> Daemon:
    """The first daemon that answers and whose containers share this machine's files.

    Raises EngineUnavailable that says where it looked and what came of it.
    """
    tried = []
    for address in addresses() if found is None else found:
        try:
            return look(address.host)
        except EngineUnavailable as problem:
            if address.chosen:
                raise _of_choice(address, problem) from problem
            tried.append(f"{address.host}: {problem.came or problem.problem}")
    raise EngineUnavailable(
        "no Docker Engine or Podman answers",
        came="; ".join(tried),
        todo="start one (sudo systemctl start docker), or name its address in DOCKER_HOST",
    )


def look(host: str) -> Daemon:
    """What answers at `host`. Raises EngineUnavailable: nothing, or nothing that is of use."""
    if not host.startswith(_UNIX):
        raise _elsewhere(host, "an address of another machine")
    _require_socket(host.removeprefix(_UNIX), host)
    # Imported where a socket is there: docker-py takes 0.2 s.
    from lading.engines.docker.api import Api

    return describe(Api(host))


def describe(api: Api) -> Daemon:
    """What answers. Raises EngineUnavailable when its containers cannot share files with us."""
    info, version = api.about()
    _require_local(api.host, info)
    options = " ".join(info.get("SecurityOptions") or ())
    components = {str(x.get("Name")) for x in version.get("Components") or ()}
    status = dict(info.get("DriverStatus") or ())
    return Daemon(
        host=api.host,
        podman=any("Podman" in name for name in components),
        version=_numbers(str(version.get("Version") or "")),
        rootless="name=rootless" in options,
        selinux="name=selinux" in options,
        unenforced=tuple(limit for key, limit in _LIMITS if info.get(key) is False),
        keeps_archives=status.get("driver-type") == "io.containerd.snapshotter.v1",
    )


def _require_socket(path: str, host: str) -> None:
    """Somebody listens there, and this user may connect."""
    with socket.socket(socket.AF_UNIX) as plug:
        try:
            plug.connect(path)
        except FileNotFoundError as error:
            raise EngineUnavailable("nothing answers", host, came="no such socket") from error
        except PermissionError as error:
            raise EngineUnavailable(
                "this user may not use it",
                host,
                came="permission denied",
                todo="run: sudo usermod -aG docker $USER, then log in again",
            ) from error
        except OSError as error:
            came = (error.strerror or str(error)).lower()
            raise EngineUnavailable("nothing answers", host, came=came) from error


def _require_local(host: str, info: Mapping[str, Any]) -> None:
    """Sockets cannot be shared with a virtual machine, nor with the machine around a container."""
    if platform.system() != "Linux":
        raise _elsewhere(host, f"a virtual machine, for this is {platform.system()}")
    here = os.uname()
    system = str(info.get("OperatingSystem") or "")
    if "Docker Desktop" in system:
        raise _elsewhere(host, f"the virtual machine of {system}")
    there = (info.get("KernelVersion"), info.get("Name"))
    if there != (here.release, here.nodename):
        came = f"Linux {there[0]} on {there[1]}; this is {here.release} on {here.nodename}"
        raise _elsewhere(host, came)


def _elsewhere(host: str, came: str) -> EngineUnavailable:
    return EngineUnavailable(
        "its containers are on another machine", host, "a daemon of this machine", came, _EXPORT
    )


def _of_choice(address: Address, problem: EngineUnavailable) -> EngineUnavailable:
    where = f"{address.said_by}: {address.host}"
    todo = problem.todo or "start it, or choose another by DOCKER_HOST or `docker context use`"
    return EngineUnavailable(problem.problem, where, problem.expected, problem.came, todo)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
