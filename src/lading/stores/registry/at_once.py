"""Blobs moved side by side. When one fails, the others are in vain and end at their next bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

AT_ONCE = 4
"""Blobs under way at the same time: more of them only share the same line."""

_T = TypeVar("_T")


def each(work: Callable[[_T], None], items: Iterable[_T], give_up: Callable[[], None]) -> None:
    """Do the work for each item. Raises what the first that fails raises, once all have ended.

    `give_up` is called when one fails, or when the user has had enough; it is to end the others.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        futures = [pool.submit(work, one) for one in items]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for one in done:
            one.result()
    except BaseException:
        give_up()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
