"""What of the request log belongs to one request, and which requests are worth a look."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lading.gateway.requests.log import RequestLog
from lading.gateway.requests.request import Request
from lading.gateway.requests.tree import Node, forest

SHORTEST_PREFIX = 8
"""Characters of an id that may stand for the whole."""

_WINDOW_BYTES = 16 * 1024**2
_MOST_RELATED = 20_000
"""Of one id that a client gives to request after request, only so many are looked at."""
_ROUTINE = ("healthz", "readyz", "livez", "metrics")
"""Last parts of paths that machines ask for all the time."""


@dataclass(frozen=True)
class Wish:
    """Which requests of clients to list: the last, or the slowest; of all, or of those that failed
    or had a call that did."""

    most: int = 20
    slowest: bool = False
    failed: bool = False


def meant_by(log: RequestLog, text: str) -> list[str]:
    """The ids of requests and traces that `text` is, or else begins; sorted."""
    if log.named([text]):
        return [text]
    if len(text) < SHORTEST_PREFIX:
        return []
    begun = log.named([text], beginning=True)
    ids = {name for one in begun for name in (one.request_id, one.trace_id)}
    return sorted(name for name in ids if name.startswith(text))


def trees(log: RequestLog, name: str) -> list[Node]:
    """Every tree with a request of this id, or of this trace, oldest first."""
    return _trees_of(log, log.named([name]))


def listed(log: RequestLog, wish: Wish) -> list[Node]:
    """Trees by their first requests: newest last, or slowest first."""
    chosen = _slowest(log.read(), wish) if wish.slowest else _last(log, wish)
    found = {tree.request: tree for tree in _trees_of(log, chosen)}
    return [found[one] for one in chosen if one in found]


def _trees_of(log: RequestLog, some: Iterable[Request]) -> list[Node]:
    wanted = dict.fromkeys(some).keys()
    ids = {name for one in wanted for name in (one.request_id, one.trace_id) if name}
    # A line without any id, of what was no HTTP, stands for itself.
    related = {*log.named(ids)[-_MOST_RELATED:], *list(wanted)[-_MOST_RELATED:]}
    return [tree for tree in forest(related) if not wanted.isdisjoint(tree.requests())]


def _last(log: RequestLog, wish: Wish) -> list[Request]:
    newest = deque(_candidates(log.latest(_WINDOW_BYTES), wish), wish.most)
    if len(newest) < wish.most:
        newest = deque(_candidates(log.read(), wish), wish.most)
    return sorted(newest, key=lambda one: one.began_us)


def _slowest(requests: Iterable[Request], wish: Wish) -> list[Request]:
    return heapq.nlargest(wish.most, _candidates(requests, wish), key=lambda one: one.duration_us)


def _candidates(requests: Iterable[Request], wish: Wish) -> Iterator[Request]:
    """Those of clients; with `failed`, such as failed themselves or in one of their calls.

    What is no service's path is nobody's failure.
    """
    failed: set[str] = set()
    for one in requests:
        if one.failed:
            failed.add(one.request_id)
        routine = one.method == "GET" and one.path.rpartition("/")[2] in _ROUTINE
        if one.inside or routine or (wish.failed and one.is_stray):
            continue
        # Its calls are written down before it, since they are over before it.
        if not wish.failed or one.failed or one.request_id in failed:
            yield one
