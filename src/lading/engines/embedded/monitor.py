"""conmon: the small process that stays with a container, keeps its log and its exit status.

Source: conmon(8) of conmon 2.1; the messages on its pipe are those its callers CRI-O and Podman
read: `{"data": PID}`, or `{"data": -1, "message": WHY}`.
"""

from __future__ import annotations

import json
import os
import re
import select
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lading.engines.embedded import programs
from lading.engines.embedded.container import Container
from lading.engines.embedded.identity import Identity
from lading.engines.embedded.namespace import Command, Merge, enter
from lading.engines.embedded.processes import Process
from lading.errors import EngineError

LOG_BYTES = 64 * 1024**2
"""A log past this size starts anew."""
_START_SECONDS = 60.0
# Joins control groups before the runtime starts, so that all of a container is in them.
_JOIN = """#!/bin/sh
for procs in $LADING_GROUPS; do echo $$ > "$procs" || true; done 2>/dev/null
exec "$LADING_RUNC" "$@"
"""


@dataclass(frozen=True)
class Launch:
    """What it takes to create a container: `join` are files of groups that it must join first,
    `keep` descriptors that live as long as the monitor, `prefix` a command that starts it."""

    container: Container
    identity: Identity
    merge: Merge
    join: tuple[Path, ...] = ()
    keep: tuple[int, ...] = ()
    prefix: tuple[str, ...] = ()


def create(launch: Launch) -> tuple[Process, Process]:
    """Create a container, not yet started; returns its process and its monitor's.

    Raises EngineError with what the runtime said, EngineUnavailable.
    """
    container = launch.container
    said = container.folder / "launch.log"
    ready, says_ready = os.pipe()
    try:
        with said.open("wb") as output:
            command = Command(
                launch.merge.around(_conmon(launch)),
                output.fileno(),
                (says_ready, *launch.keep),
                {"_OCI_SYNCPIPE": str(says_ready), **_joining(launch)},
                prefix=launch.prefix,
            )
            process = enter(launch.identity, command)
        os.close(says_ready)
        says_ready = -1
        answer = _answer(ready)
        process.wait()
    finally:
        os.close(ready)
        if says_ready >= 0:
            os.close(says_ready)
    return _created(container, answer, said)


def _conmon(launch: Launch) -> list[str]:
    container = launch.container
    runtime = str(_joiner(launch)) if launch.join else programs.need("runc")
    return [
        programs.need("conmon"), "--api-version", "1",
        "--cid", container.key, "--cuuid", container.key, "--name", container.name,
        "--runtime", runtime, "--runtime-arg", f"--root={container.run / 'runc'}",
        "--bundle", str(container.bundle),
        "--container-pidfile", str(container.folder / "pid"),
        "--conmon-pidfile", str(container.folder / "monitor"),
        "--exit-dir", str(container.exit_file.parent),
        "--socket-dir-path", str(container.run / "a"),
        "--log-path", f"k8s-file:{container.log}", "--log-size-max", str(LOG_BYTES),
        "--no-new-keyring", "--no-sync-log", "--log-level", "error",
    ]  # fmt: skip


def _joiner(launch: Launch) -> Path:
    script = launch.container.folder / "runtime"
    script.write_text(_JOIN)
    script.chmod(0o700)
    return script


def _joining(launch: Launch) -> Mapping[str, str]:
    if not launch.join:
        return {}
    return {"LADING_GROUPS": " ".join(map(str, launch.join)), "LADING_RUNC": programs.need("runc")}


def _answer(ready: int) -> bytes:
    """A line from the monitor; what there is when it ends or is silent for too long."""
    answer = b""
    poll = select.poll()
    poll.register(ready, select.POLLIN)
    while not answer.endswith(b"\n") and poll.poll(_START_SECONDS * 1000):
        if not (more := os.read(ready, 4096)):
            break
        answer += more
    return answer


def _created(container: Container, answer: bytes, said: Path) -> tuple[Process, Process]:
    message: Mapping[str, object] = {}
    with suppress(ValueError):
        message = json.loads(answer)
    pid = message.get("data")
    monitor = _number(container.folder / "monitor")
    if isinstance(pid, int) and pid > 0 and monitor:
        process, watcher = Process.of(pid), Process.of(monitor)
        if process and watcher:
            return process, watcher
    came = _plain(str(message.get("message") or said.read_text(errors="replace")))
    raise EngineError(
        "the container could not be created", container.name, came=came or "no answer from conmon"
    )


def _plain(said: str) -> str:
    """What a program said, out of its own log format (`time=… level=… msg="…"`)."""
    messages: list[str] = re.findall(r'msg=("(?:[^"\\]|\\.)*")', said)
    return json.loads(messages[-1]) if messages else said.strip()


def _number(file: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(file.read_text())
    return None
