"""What is open in this process."""

from __future__ import annotations

import gc
import itertools
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager


def count() -> int:
    return len(_numbers())


@contextmanager
def none_left() -> Iterator[None]:
    """As many descriptors are open afterwards as before."""
    gc.collect()
    before = count()
    yield
    gc.collect()
    assert count() == before


@contextmanager
def room_for(more: int) -> Iterator[None]:
    """At most so many more can be opened meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = _numbers()
    free = (number for number in itertools.count() if number not in taken)
    lowest_past = next(itertools.islice(free, more, None))
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_past, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _numbers() -> set[int]:
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            os.fstat(int(name))
        except OSError:  # that of the listing itself
            continue
        found.add(int(name))
    return found
