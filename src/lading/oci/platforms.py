"""Platforms as OCI names them: "linux/amd64" (image-index.md, "platform")."""

from __future__ import annotations

import platform

_MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64", "arm64": "linux/arm64"}
"""By the kernel's name for the machine."""


def of_this_machine() -> str:
    """The platform that containers on this machine have; on a Mac those of its virtual machine."""
    return _MACHINES.get(platform.machine(), f"linux/{platform.machine()}")
