"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from bench.docker import Docker
from bench.programs import version
from lading import __version__


def described(docker: Docker) -> list[str]:
    """Lines: when, where, with which versions."""
    server = docker("version", "--format", "{{.Server.Version}}").strip()
    driver = docker("info", "--format", "{{.Driver}}").strip()
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f} at the end",
        f"{os.cpu_count()} cores ({_processor()}), {_memory_bytes() / 1024**3:.0f} GiB of memory, "
        f"Linux {platform.release()}, {_distribution()}",
        f"Lading {__version__} on Python {platform.python_version()}; Docker Engine {server} "
        f"({driver}, BuildKit); {version('runc')}; {version('conmon')}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "an unknown distribution"
