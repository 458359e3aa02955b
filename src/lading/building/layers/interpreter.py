"""The image's own Python, unpacked on this machine and run as a tool.

It is started through the image's dynamic loader and libraries, without namespaces or root. Nothing
of the user's runs in it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lading.building import in_image
from lading.building.bases.interpreter import Prepared, prepared
from lading.building.layers import compiler
from lading.building.layers.entry import Entry, Kind
from lading.building.layers.workspace import workspace
from lading.building.lockfile import LockedEnvironment
from lading.errors import BuildError
from lading.stores.disk import explained

if TYPE_CHECKING:
    from lading.building.bases.unpacked import Unpacked


@dataclass(frozen=True)
class _Machine:
    """A processor architecture: OCI's name, the kernel's, and where Debian's loader lies."""

    architecture: str
    kernel: str
    loader: str
    libraries: str


_MACHINES = {
    machine.architecture: machine
    for machine in (
        _Machine("amd64", "x86_64", "ld-linux-x86-64.so.2", "x86_64-linux-gnu"),
        _Machine("arm64", "aarch64", "ld-linux-aarch64.so.1", "aarch64-linux-gnu"),
    )
}


class Running:
    """A started interpreter and the pipes to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("expected a process with pipes")
        self.stdin, self.stdout = process.stdin, process.stdout
        self.kill, self.wait = process.kill, process.wait


@dataclass
class Interpreter:
    """The interpreter of a locked base; unpacked below `cache` when it is first needed.

    `entries` gives the entries of a base of ours, `image` is what there is in its place. May be
    used from several threads.
    """

    locked: LockedEnvironment
    cache: Path
    entries: Callable[[], Iterable[Entry]]
    image: Callable[[], Unpacked] | None = None
    go_on: Callable[[], None] = lambda: None
    """Called for each file; raises where nobody waits for it any more."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self, program: Path, errors: IO[bytes]) -> Running:
        """Run a Python file, with pipes for its input and output, always in the same state.

        What it says on standard error goes to the file `errors`.
        Raises BuildError for an image of another architecture than this machine's.
        """
        machine = _machine(self.locked.platform)
        ready = self._of_image() or self._of_debian(machine)
        process = subprocess.Popen(
            [
                ready.loader,
                *("--library-path", str(ready.libraries)),
                ready.program,
                *("-B", "-S", "-s", "-W", "ignore"),
                program,
            ],
            env={"PYTHONHOME": str(ready.home), "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
            cwd=ready.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        return Running(process)

    def _of_image(self) -> Prepared | None:
        if self.image is None or self.locked.image is None:
            return None
        with self._lock:
            return prepared(self.image(), self.locked.image, self.locked.python)

    def _of_debian(self, machine: _Machine) -> Prepared:
        root = self._root()
        libraries = root / "usr/lib" / machine.libraries
        program = root / in_image.python(self.locked.python).lstrip("/")
        return Prepared(libraries / machine.loader, libraries, program, root / "usr")

    def _root(self) -> Path:
        root = self.cache / "interpreters" / compiler.identity(self.locked)
        with self._lock:
            if not root.is_dir():
                self._unpack(root)
        return root

    def _unpack(self, root: Path) -> None:
        entries = [entry for entry in self.entries() if _is_needed(entry.path)]
        with workspace(self.cache) as temporary, explained(root.parent):
            for entry in entries:
                self.go_on()
                _place(temporary, entry)
            root.parent.mkdir(exist_ok=True)
            try:
                temporary.rename(root)
            except OSError:
                # Another process may have been quicker; its folder is as good.
                if not root.is_dir():
                    raise


def _machine(platform_name: str) -> _Machine:
    architecture = platform_name.partition("/")[2].partition("/")[0]
    machine = _MACHINES.get(architecture)
    if machine is None or platform.machine() != machine.kernel:
        raise BuildError(
            f"an image for {platform_name} cannot be built on this machine",
            expected=machine.kernel if machine else " or ".join(sorted(_MACHINES)),
            came=platform.machine(),
            todo="build it on a machine of that architecture, or lock for this one as well",
        )
    return machine


def _is_needed(path: str) -> bool:
    if path.startswith("usr/lib/"):
        return "/test/" not in path and not path.startswith("usr/lib/python3/dist-packages")
    return path.startswith("usr/bin/python")


def _place(root: Path, entry: Entry) -> None:
    path = root / entry.path
    if entry.kind is Kind.FOLDER:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind is Kind.SYMLINK:
        # A link from the root of the image would lead into this machine's own files.
        target = entry.target
        if target.startswith("/"):
            target = os.path.relpath(root / target.lstrip("/"), path.parent)
        path.symlink_to(target)
    elif isinstance(entry.content, bytes):
        path.write_bytes(entry.content)
        path.chmod(0o755 if entry.mode & 0o100 else 0o644)
    else:
        shutil.copyfile(entry.content, path)
        path.chmod(0o755 if entry.mode & 0o100 else 0o644)
