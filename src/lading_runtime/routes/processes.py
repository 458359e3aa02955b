"""What a process takes from its machine, read from /proc; nothing where there is no /proc."""

# ruff: noqa: PTH123, PTH208, PTH116
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Union

FAMILIES: Mapping[str, tuple[str, str]] = {
    "process_cpu_seconds_total": ("counter", "Time on processors, of the user and the system."),
    "process_resident_memory_bytes": ("gauge", "Memory in use, what is shared included."),
    "process_virtual_memory_bytes": ("gauge", "Memory addressed."),
    "process_open_fds": ("gauge", "File descriptors that are open."),
    "process_start_time_seconds": ("gauge", "Start of the process, since 1970."),
}
"""Kind and meaning of each, under the names that Prometheus' own clients use."""

_booted_seconds = 0.0


def read(pid: Union[int, str] = "self") -> dict[str, float]:
    """By the names in FAMILIES; what cannot be read, of a process that has ended, is left out."""
    values: dict[str, float] = {}
    folder = f"/proc/{pid}"
    try:
        _read_memory(folder, values)
        _read_times(folder, values)
        values["process_open_fds"] = _open_fds(f"{folder}/fd")
    except (OSError, ValueError, IndexError):
        return values
    return values


def _read_memory(folder: str, values: dict[str, float]) -> None:
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    addressed, resident = _content(f"{folder}/statm").split()[:2]
    values["process_virtual_memory_bytes"] = int(addressed) * page_bytes
    values["process_resident_memory_bytes"] = int(resident) * page_bytes


def _read_times(folder: str, values: dict[str, float]) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    # The second field, the program's name, may hold spaces and parentheses of its own.
    fields = _content(f"{folder}/stat").rpartition(")")[2].split()
    user, system, started = fields[11], fields[12], fields[19]
    values["process_cpu_seconds_total"] = (int(user) + int(system)) / ticks
    values["process_start_time_seconds"] = _booted() + int(started) / ticks


def _open_fds(folder: str) -> int:
    # Since Linux 6.2 the folder's size tells; listing it takes long with many connections.
    return os.stat(folder).st_size or len(os.listdir(folder))


def _booted() -> float:
    global _booted_seconds  # noqa: PLW0603 - it never changes
    if not _booted_seconds:
        for line in _content("/proc/stat").splitlines():
            if line.startswith("btime "):
                _booted_seconds = float(line.split()[1])
    return _booted_seconds


def _content(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()
