"""Files out of a container.

A path is looked up with the container's root as the root, by a program that has made it so: a link
that the container left must not lead to this machine's own files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from lading.engines.embedded.container import Container, Started
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.namespace import Command, enter, join, merge
from lading.engines.embedded.unpack import Ownership, unpack
from lading.engines.landing import land
from lading.errors import EngineError, PathNotFound

# Everything is imported before the root changes: afterwards there is no Python to import from.
# Owners have no names: to look one up, the C library would load what the container's
# /etc/nsswitch.conf says, out of the container, into a process that is not confined to it.
_SENDER = """
import os, sys, tarfile
tarfile.pwd = tarfile.grp = None
root, path = sys.argv[1:]
os.chroot(root)
os.chdir("/")
if not os.path.lexists(path):
    sys.exit(3)
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    tar.add(os.path.realpath(path), arcname="it")
"""
_NOTHING_THERE = 3


def copy_out(
    container: Container, record: Started, identity: Identity, source: str, destination: Path
) -> None:
    """Copy `source` to `destination`, which is replaced when the copy is whole.

    Raises PathNotFound; EngineError when it holds a link out of itself.
    """

    def fetch(received: Path) -> None:
        running = record.process.alive
        try:
            _fetch(container, record, identity, source, received)
        except EngineError:
            if not running or record.process.alive:
                raise
            # It ended while it was being asked: what it left is still there.
            shutil.rmtree(received)
            _fetch(container, record, identity, source, received)

    land(f"{container.name}:{source}", destination, fetch)


def _fetch(
    container: Container, record: Started, identity: Identity, source: str, received: Path
) -> None:
    where = f"{container.name}:{source}"
    received.mkdir()
    with tempfile.TemporaryFile() as said:
        sender = _sender(container, record, identity, source, said.fileno())
        problem = _receive(sender, received)
        if sender.wait() == _NOTHING_THERE:
            raise PathNotFound("no such path", where)
        said.seek(0)
        if sender.returncode != 0:
            came = said.read().decode(errors="replace").strip().splitlines()
            raise EngineError("could not be copied", where, came=came[-1] if came else "")
    if problem:
        raise EngineError("could not be copied", where, came=str(problem)) from problem


def _sender(
    container: Container, record: Started, identity: Identity, source: str, errors: int
) -> subprocess.Popen[bytes]:
    script = [sys.executable, "-I", "-S", "-c", _SENDER, str(container.root), source]
    if record.process.alive:
        return join(identity, record.monitor, Command(script, subprocess.PIPE, errors=errors))
    layers = [container.folder / "l" / str(number) for number in range(len(record.layers))]
    merged = merge(container.folder, layers, identity, written=False)
    return enter(identity, Command(merged.around(script), subprocess.PIPE, errors=errors))


def _receive(sender: subprocess.Popen[bytes], folder: Path) -> Exception | None:
    """Unpack what is sent, to its end; a sender that stops early is told of by its exit status."""
    stream = cast(BinaryIO, sender.stdout)
    with stream:
        try:
            unpack(stream, folder, Ownership(keep=False, opaque="user.unused"))
        except (tarfile.TarError, OSError, EngineError) as problem:
            return problem
        while stream.read(1024 * 1024):
            pass
    return None
