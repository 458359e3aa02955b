"""How many descriptors this process may open, so that clients cannot take the last of them.

The front needs some for what workers send it, and for workers that replace others: without them it
could not answer again. The kernel gives the lowest number that is free (POSIX, open), so a number
tells how many are taken.
"""

from __future__ import annotations

import os
import resource

_MOST_RESERVED = 256
"""More than come beside one message of a worker."""


def raise_limit() -> None:
    """As far as it may be without privileges."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS says that it has no limit, and then refuses that
        return


def leaves_enough(descriptor: int) -> bool:
    """Whether one that was just opened is not one of those that are reserved."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limit < 0 or descriptor < limit - min(_MOST_RESERVED, limit // 4)


def has_room(beside: int) -> bool:
    """Whether a client may have another; `beside` is any that is open."""
    try:
        probe = os.dup(beside)
    except OSError:
        return False
    os.close(probe)
    return leaves_enough(probe)
