"""How many threads a model may use."""

from __future__ import annotations

import os
from typing import Optional

_QUOTA_FILES = (
    ("/sys/fs/cgroup/cpu.max", None),
    ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
)
"""Of cgroup v2 (quota and period in one file) and v1, as a container sees its own."""


def threads() -> int:
    """Cores of this container, shared out among its workers; at least 1."""
    quota = _quota()
    cores = len(os.sched_getaffinity(0))
    if quota is not None:
        cores = min(cores, max(1, round(quota)))
    try:
        workers = int(os.environ.get("LADING_WORKERS") or 1)
    except ValueError:
        workers = 1
    return max(1, cores // max(1, workers))


def _quota() -> Optional[float]:
    """In cores; None without a limit."""
    for first, second in _QUOTA_FILES:
        try:
            words = _words(first) + (_words(second) if second else [])
            quota, period = int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):
            continue
        if quota > 0 and period > 0:
            return quota / period
    return None


def _words(path: str) -> list[str]:
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        return file.read().split()
