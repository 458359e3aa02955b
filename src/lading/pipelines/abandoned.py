"""Containers that one process waits for, named after it: what is left of one that was killed."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from lading.engines.engine import Engine


def name(family: str, called: str) -> str:
    """For a container of this process's; `called` has no dot."""
    return f"{family}.{called}.{os.getpid()}-{secrets.token_hex(2)}"


def clear(family: str, engine: Engine) -> None:
    """Remove containers whose process is gone: nobody waits for them, nor knows their names."""
    of_a_process = re.compile(rf"{re.escape(family)}\.[^.]+\.(\d+)-[0-9a-f]+")
    for one in engine.names():
        found = of_a_process.fullmatch(one)
        if found and not Path(f"/proc/{found[1]}").exists():
            engine.remove(one)
