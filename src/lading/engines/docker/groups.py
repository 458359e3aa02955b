"""Which control group a process is in, whoever made it."""

from __future__ import annotations

from pathlib import Path

from lading.engines.embedded.cgroups import memberships

_SYSFS = Path("/sys/fs/cgroup")


def memory_group(pid: int, proc: Path = Path("/proc"), sysfs: Path = _SYSFS) -> dict[str, Path]:
    """The folder of a process' memory group, by controller; empty when it cannot be told.

    Source: cgroups(7), /proc/[pid]/cgroup.
    """
    try:
        lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return {}
    paths = {name: path for line in lines for name, path in memberships(line)}
    if "memory" in paths:
        return {"memory": sysfs / "memory" / paths["memory"].lstrip("/")}
    return {"memory": sysfs / paths[""].lstrip("/")} if "" in paths else {}
