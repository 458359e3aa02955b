"""Where containers' limits are: control groups of version 1, hybrid and version 2.

Source: Linux, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. A hybrid machine has its
controllers in version 1, and is treated as such.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from lading.engines.embedded import programs
from lading.engines.engine import Limits

LIMITS: Mapping[str, str] = {"memory": "memory", "cpu": "cpu", "pids": "processes"}
"""The controllers that are needed, and what each of them limits."""
PERIOD_MICROSECONDS = 100_000
_SYSFS = Path("/sys/fs/cgroup")
_BY_MANAGER = ("systemd-run", "--user", "--scope", "--quiet", "--collect", "--")


@dataclass(frozen=True)
class Cgroups:
    """What this user may limit here: for each controller the folder to make groups in.

    With `by_runtime` (root), runc makes the groups and writes the limits; otherwise this does.
    `parent` is the groups' path as runc wants it.
    """

    version: int
    folders: Mapping[str, Path] = field(default_factory=dict)
    by_runtime: bool = False
    parent: str = "/lading"
    counts_processes: bool = False
    """Whether the kernel counts processes of each user namespace apart, so that a container's
    number can be limited without a group (RLIMIT_NPROC, since Linux 5.14)."""
    prefix: tuple[str, ...] = ()
    """A command to start a container by, so that it begins in a group the user may divide."""

    @property
    def unenforced(self) -> tuple[str, ...]:
        """Which of "memory", "cpu", "processes" cannot be limited."""
        counted = {"processes"} if self.counts_processes else set()
        return tuple(
            limit
            for name, limit in LIMITS.items()
            if name not in self.folders and limit not in counted
        )

    def groups(self, key: str) -> dict[str, Path]:
        """The folder of container `key`, by controller."""
        return {controller: folder / key for controller, folder in self.folders.items()}


def detect(root: bool, uid: int, sysfs: Path = _SYSFS, own: str | None = None) -> Cgroups:
    """Look at the machine. `own` is the text of /proc/self/cgroup."""
    text = Path("/proc/self/cgroup").read_text() if own is None else own
    mine = {x: path for line in text.splitlines() for x, path in memberships(line)}
    second = (sysfs / "cgroup.controllers").exists()
    if root and second:
        there = (sysfs / "cgroup.controllers").read_text().split()
        return Cgroups(2, {x: sysfs / "lading" for x in LIMITS if x in there}, by_runtime=True)
    if root:
        present = {x: sysfs / x / "lading" for x in LIMITS if (sysfs / x).is_dir()}
        return Cgroups(1, present, by_runtime=True)
    found = (
        _delegated_2(sysfs, uid, mine.get("", "/")) if second else _delegated_1(sysfs, uid, mine)
    )
    return replace(found, counts_processes=_kernel() >= (5, 14))


def delegating(uid: int, version: int, sysfs: Path = _SYSFS) -> str:
    """The command by which root lets a user limit their own containers."""
    if version == 2:
        unit = "/etc/systemd/system/user@.service.d"
        return (
            f"run: sudo mkdir -p {unit} && printf '[Service]\\nDelegate=cpu memory pids\\n' | "
            f"sudo tee {unit}/lading.conf && sudo systemctl daemon-reload, then log in again"
        )
    folders = " ".join(f"{sysfs}/{name}/lading-{uid}" for name in LIMITS)
    return f"run: sudo mkdir -p {folders} && sudo chown -R {uid} {folders}"


def limit(version: int, groups: Mapping[str, Path], limits: Limits) -> None:
    """Write limits to groups that exist. Raises OSError."""
    for file, value in _settings(version, limits):
        controller = file.partition(".")[0]
        path = groups.get(controller, Path("/nonexistent")) / file
        if controller in groups and path.exists():
            path.write_text(value)


def make(groups: Mapping[str, Path]) -> list[Path]:
    """Make a container's groups; returns the file that a process joins each by."""
    made = dict.fromkeys(groups.values())
    for folder in made:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            wanted = " ".join(f"+{controller}" for controller in groups)
            (folder.parent / "cgroup.subtree_control").write_text(wanted)
    return [folder / "cgroup.procs" for folder in made]


def memory_bytes(groups: Mapping[str, Path]) -> int | None:
    """What a container uses now; None when it cannot be told."""
    group = groups.get("memory")
    for file in ("memory.current", "memory.usage_in_bytes") if group else ():
        with suppress(OSError, ValueError):
            return int((Path(str(group)) / file).read_text())
    return None


def was_out_of_memory(groups: Mapping[str, Path]) -> bool:
    """Whether the kernel has killed a process of the group for want of memory."""
    group = groups.get("memory")
    return group is not None and any(_kills(folder) for folder in (group, *_below_group(group)))


def _kills(group: Path) -> bool:
    for file in ("memory.events", "memory.oom_control"):
        with suppress(OSError):
            counts = dict(x.split() for x in (group / file).read_text().splitlines())
            return int(counts.get("oom_kill", "0")) > 0
    return False


def _below_group(group: Path) -> list[Path]:
    """Groups that runc made of its own accord inside of one that it was started in."""
    with suppress(OSError):
        return [Path(entry.path) for entry in os.scandir(group) if entry.is_dir()]
    return []


def remove(root: bool, key: str, groups: Mapping[str, Path], sysfs: Path = _SYSFS) -> None:
    """Remove a dead container's groups, in every hierarchy where runc made one."""
    folders = set(groups.values())
    if root:
        folders |= set(sysfs.glob(f"*/lading/{key}")) | {sysfs / "lading" / key}
    for folder in folders:
        for inner in _below_group(folder):
            _remove_group(inner)
        _remove_group(folder)


def _remove_group(folder: Path, tries: int = 20) -> None:
    """A group is busy for an instant after its last process has gone."""
    for _ in range(tries):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)


def _delegated_2(sysfs: Path, uid: int, own: str) -> Cgroups:
    """The highest group above our own that the user may write to, or else their service manager's.

    Not our own: a group with processes in it cannot have limited groups below it. A login session
    is in nobody's group but root's; the user's own manager moves a command into its own.
    """
    writable = [x for x in (sysfs / own.lstrip("/")).parents if _may_divide(x)]
    inside = [x for x in writable if x.is_relative_to(sysfs)]
    if inside:
        return _below(inside[-1])
    manager = sysfs / "user.slice" / f"user-{uid}.slice" / f"user@{uid}.service"
    if _may_divide(manager) and programs.say([*_BY_MANAGER, "true"]).returncode == 0:
        return replace(_below(manager), prefix=_BY_MANAGER)
    return Cgroups(2)


def _below(top: Path) -> Cgroups:
    there = (top / "cgroup.controllers").read_text().split()
    return Cgroups(2, {x: top / "lading" for x in LIMITS if x in there})


def _delegated_1(sysfs: Path, uid: int, mine: Mapping[str, str]) -> Cgroups:
    folders = {}
    for controller in LIMITS:
        own = sysfs / controller / mine.get(controller, "/").lstrip("/")
        for folder in (sysfs / controller / f"lading-{uid}", own):
            if _may_join(folder):
                folders[controller] = folder
                break
    return Cgroups(1, folders)


def _kernel() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int(re.match(r"\d*", minor)[0] or 0)  # type: ignore[index]


def _may_join(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _may_divide(folder: Path) -> bool:
    return _may_join(folder) and os.access(folder / "cgroup.subtree_control", os.W_OK)


def memberships(line: str) -> list[tuple[str, str]]:
    """Controllers and path of a line of /proc/[pid]/cgroup; version 2's has no controller."""
    _, _, rest = line.partition(":")
    controllers, _, path = rest.partition(":")
    return [(controller, path) for controller in controllers.split(",")]


def _settings(version: int, limits: Limits) -> list[tuple[str, str]]:
    quota = max(1000, round(limits.cpu * PERIOD_MICROSECONDS))
    if version == 2:
        return [
            ("memory.max", str(limits.memory_bytes)),
            ("memory.swap.max", "0"),
            ("cpu.max", f"{quota} {PERIOD_MICROSECONDS}"),
            ("pids.max", str(limits.processes)),
        ]
    return [
        ("memory.limit_in_bytes", str(limits.memory_bytes)),
        ("memory.memsw.limit_in_bytes", str(limits.memory_bytes)),
        ("cpu.cfs_period_us", str(PERIOD_MICROSECONDS)),
        ("cpu.cfs_quota_us", str(quota)),
        ("pids.max", str(limits.processes)),
    ]
