"""The namespaces a container's root is put together in, apart from the rest of the machine.

Each container has a mount namespace of its own, so that its mounts are gone with its last process,
however that ends. For an ordinary user there is a user namespace around it as well, in which they
are root over their own files and nothing else.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lading.engines.embedded import programs
from lading.engines.embedded.identity import Identity, SubIds
from lading.engines.embedded.processes import Process
from lading.errors import EngineError

# Merges layers, then becomes another program. Paths are relative to a container's folder, for the
# kernel takes one page of options (mount(2)); "l/3" is a link to a layer. A newer mount(8) would
# pass them in pieces of 256 bytes, unless told not to.
_MERGE = """
cd "$1"; options="$2"; target="$3"; shift 3
LIBMOUNT_FORCE_MOUNT2=always mount -t overlay lading -o "nosuid,nodev,$options" "$target"
exec "$@"
"""
# Says that the namespace is there, and waits for a line. By path, because not every shell knows
# descriptors past 9.
_HANDSHAKE = 'echo >/proc/self/fd/"$1"; read -r _ </proc/self/fd/"$2"; shift 2; exec "$@"'


@dataclass(frozen=True)
class Merge:
    """What to mount where: `options` are overlayfs', `target` is relative to `folder`."""

    folder: Path
    options: str
    target: str = "root"

    def around(self, command: Sequence[str]) -> list[str]:
        """The command that merges and then becomes `command`."""
        script = ["sh", "-euc", _MERGE, "lading", str(self.folder), self.options, self.target]
        return [*script, *command]


def merge(folder: Path, layers: Sequence[Path], identity: Identity, written: bool) -> Merge:
    """Stack layers, given lowest first, below a container's upper folder.

    `written` makes that folder take what the container writes; otherwise it only is the highest.
    """
    links = folder / "l"
    links.mkdir(exist_ok=True)
    for number, layer in enumerate(layers):
        link = links / str(number)
        if not link.is_symlink():
            link.symlink_to(layer)
    # One that is there twice (a RUN that changes nothing makes an empty one, always the same) has
    # its say where it is highest; overlayfs refuses it a second time (ELOOP).
    highest = {layer.resolve(): number for number, layer in enumerate(layers)}
    lower = ":".join(f"l/{number}" for number in sorted(highest.values(), reverse=True))
    above = (
        f"lowerdir={lower},upperdir=upper,workdir=work" if written else f"lowerdir=upper:{lower}"
    )
    return Merge(folder, above if identity.root else f"{above},userxattr")


@dataclass(frozen=True)
class Command:
    """A program to start: what it says goes to `output`; `keep` are descriptors it inherits."""

    arguments: Sequence[str]
    output: int
    keep: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: int = subprocess.DEVNULL
    errors: int = subprocess.STDOUT
    prefix: tuple[str, ...] = ()
    """A program that becomes the command, outside of any namespace."""

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.prefix, *self.arguments],
            stdin=self.stdin,
            stdout=self.output,
            stderr=self.errors,
            pass_fds=self.keep,
            env={**os.environ, "PATH": programs.path(), "LC_ALL": "C", **self.environment},
            # A terminal's Ctrl-C is for the caller, not for what outlives it.
            start_new_session=True,
        )


def enter(identity: Identity, command: Command) -> subprocess.Popen[bytes]:
    """Start a command in new namespaces. Raises EngineUnavailable, EngineError.

    It waits there until its ids are mapped. A caller that is killed before never lets it begin; one
    that is killed later leaves processes that are known by their arguments.
    """
    unshare = [programs.need("unshare"), "--mount", "--propagation", "slave"]
    if not identity.root:
        unshare += ["--user"] if identity.sub_ids else ["--user", "--map-root-user"]
    ready, says_ready = os.pipe()
    waits, go = os.pipe()
    handshake = ["sh", "-euc", _HANDSHAKE, "lading", str(says_ready), str(waits)]
    try:
        process = replace(
            command,
            arguments=[*unshare, *handshake, *command.arguments],
            keep=(*command.keep, says_ready, waits),
        ).start()
        os.close(says_ready)
        says_ready = -1
        if os.read(ready, 1):
            if identity.sub_ids:
                _map_ids(process.pid, identity, identity.sub_ids)
            os.write(go, b"\n")
    finally:
        for descriptor in (ready, says_ready, waits, go):
            if descriptor >= 0:
                os.close(descriptor)
    return process


def join(identity: Identity, member: Process, command: Command) -> subprocess.Popen[bytes]:
    """Start a command in the namespaces of a process of this user's."""
    arguments = [*entering(identity, member, "-m"), *command.arguments]
    return replace(command, arguments=arguments).start()


def entering(identity: Identity, member: Process, *namespaces: str) -> list[str]:
    """The command that enters namespaces of a process, as nsenter's options name them."""
    nsenter = [programs.need("nsenter"), "-t", str(member.pid), *namespaces]
    return nsenter if identity.root else [*nsenter, "-U", "--preserve-credentials"]


def _map_ids(pid: int, identity: Identity, ids: SubIds) -> None:
    for helper, own, first in (
        ("newuidmap", identity.uid, ids.first_user),
        ("newgidmap", identity.gid, ids.first_group),
    ):
        ranges = ["0", str(own), "1", "1", str(first), str(ids.count)]
        said = programs.say([programs.need(helper), str(pid), *ranges])
        if said.returncode != 0:
            raise EngineError(f"{helper} failed", came=said.stderr.strip())
