"""Where the program uv is."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

_finding = Lock()


def uv() -> str:
    """The absolute path of uv's program. May be asked for from several threads."""
    # It asks sysconfig, whose first answer is not safe to ask for from several threads.
    with _finding:
        return _find()


@lru_cache
def _find() -> str:
    # Only what resolves or installs needs uv's Python module.
    from uv import find_uv_bin

    return find_uv_bin()
