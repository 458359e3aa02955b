"""Requests below those that made them. Pure.

A call by our own client says for which request it was made. Of others the tree knows what they
leave untouched: a service that passes headers on as they came makes calls of the very span that it
answers itself, or of its request id alone. Those, and requests of which several have one id, are
told apart by time; all times are of one machine's clock.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lading.gateway.requests.request import Request

_DEEPEST = 100
"""A client may name itself the caller of its request before that, thousands of times."""

Span = tuple[str, str]
"""A trace and a span in it; or "" and a request id, of requests that came without a trace."""


@dataclass(eq=False)
class Node:
    """A request and the calls made for it, oldest first.

    `request` is None for one that is known by its calls alone: it is still being answered, or its
    line is no longer in the log.
    """

    request: Request | None
    calls: list[Node] = field(default_factory=list)

    @property
    def began_us(self) -> int:
        return self.request.began_us if self.request else self.calls[0].began_us

    @property
    def ended_us(self) -> int:
        """Of its own answer; calls may go on after it."""
        if self.request:
            return self.request.ended_us
        return max(call.ended_us for call in self.calls)

    @property
    def last_us(self) -> int:
        """The end of all of it."""
        return max(node.ended_us for node in self.walk())

    @property
    def own_us(self) -> int:
        """Its duration without the time in which calls were under way, those side by side once."""
        left, covered_to = self.ended_us - self.began_us, self.began_us
        for call in self.calls:
            begin = max(call.began_us, covered_to)
            end = min(call.ended_us, self.ended_us)
            if end > begin:
                left -= end - begin
                covered_to = end
        return left

    def walk(self) -> Iterator[Node]:
        """Itself, and all below it."""
        yield self
        for call in self.calls:
            yield from call.walk()

    def requests(self) -> Iterator[Request]:
        """All of which there is a line."""
        return (node.request for node in self.walk() if node.request)


def forest(requests: Iterable[Request]) -> list[Node]:
    """Every tree that `requests` make, oldest first; each request stands in one of them, once.

    What is called too deep in a tree begins another.
    """
    # Who calls began before and ends after; so a caller always stands before its calls.
    ordered = sorted(requests, key=lambda one: (one.began_us, -one.ended_us))
    nodes = [Node(request) for request in ordered]
    sought = _Sought(ordered)
    unseen: dict[Span, Node] = {}
    roots: list[Node] = []
    depths = [0] * len(nodes)
    for number, node in enumerate(nodes):
        found = sought.caller(number)
        if found is None or (isinstance(found, int) and depths[found] == _DEEPEST):
            roots.append(node)
        elif isinstance(found, int):
            depths[number] = depths[found] + 1
            nodes[found].calls.append(node)
        else:
            if found not in unseen:
                unseen[found] = Node(None)
                roots.append(unseen[found])
            unseen[found].calls.append(node)
    return sorted(roots, key=lambda root: root.began_us)


class _Sought:
    """Requests by what others name them by. Numbers are places in `ordered`."""

    def __init__(self, ordered: Sequence[Request]) -> None:
        self._ordered = ordered
        self._by_span: dict[Span, _Alike] = defaultdict(_Alike)
        self._by_trace: dict[str, _Alike] = defaultdict(_Alike)
        self._by_request: dict[str, _Alike] = defaultdict(_Alike)
        self._without_trace: dict[str, _Alike] = defaultdict(_Alike)
        self._begun_by: dict[str, int] = {}
        for number, one in enumerate(ordered):
            self._by_span[_name(one)].add(number, one.ended_us)
            if one.trace_id:
                self._by_trace[one.trace_id].add(number, one.ended_us)
            else:
                self._without_trace[one.request_id].add(number, one.ended_us)
            if one.request_id:
                self._by_request[one.request_id].add(number, one.ended_us)

    def caller(self, number: int) -> int | Span | None:
        """Who made this request; a Span where that one is not there; None where nobody did."""
        one = self._ordered[number]
        if one.inside and one.span_id:
            passed_on = self._by_span[_name(one)].around(number, one.ended_us)
            if passed_on is not None:
                return passed_on
        if one.caller is not None:
            named = _named_by(one)
            found = self._named(number, named) if named[0] else self._begun(number)
            if found is not None:
                return found
            # Of another app, or of a client that passed on what it was sent: not of a service here.
            return named if one.inside else None
        if not one.inside:
            return None
        # It says nothing of its caller: whichever of its trace or id was under way.
        related = (self._by_trace.get(one.trace_id), self._by_request.get(one.request_id))
        under_way = [alike.around(number, one.began_us) for alike in related if alike]
        return max((n for n in under_way if n is not None), default=None)

    def _begun(self, number: int) -> int | None:
        """The request that came without a trace, and for which the trace of this one was begun.

        Several may have come with the same id; each of them begins one trace, if any.
        """
        one = self._ordered[number]
        if one.trace_id not in self._begun_by:
            same = self._without_trace[one.request_id]
            found = same.best(number, one.began_us)
            if found is None:
                return None
            same.remove(found)
            self._begun_by[one.trace_id] = found
        return self._begun_by[one.trace_id]

    def _named(self, number: int, named: Span) -> int | None:
        alike = self._by_span.get(named)
        return alike.best(number, self._ordered[number].began_us) if alike else None


class _Alike:
    """Requests of one name, by number, so by when they began."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._ended_us: list[int] = []
        self._latest_us: list[int] = []
        """No request up to this one ended later: so a search knows when it is in vain."""

    def add(self, number: int, ended_us: int) -> None:
        """Numbers are added in order."""
        self._numbers.append(number)
        self._ended_us.append(ended_us)
        self._latest_us.append(max(ended_us, self._latest_us[-1] if self._latest_us else 0))

    def remove(self, number: int) -> None:
        place = bisect_left(self._numbers, number)
        for each in (self._numbers, self._ended_us, self._latest_us):
            del each[place]

    def around(self, number: int, until_us: int) -> int | None:
        """The last before this number that had not ended by then."""
        for place in range(bisect_left(self._numbers, number) - 1, -1, -1):
            if self._ended_us[place] >= until_us:
                return self._numbers[place]
            if self._latest_us[place] < until_us:
                break
        return None

    def best(self, number: int, until_us: int) -> int | None:
        """That one; else the last before this number, which had ended: a late call's."""
        around = self.around(number, until_us)
        if around is not None:
            return around
        before = bisect_left(self._numbers, number)
        return self._numbers[before - 1] if before else None


def _name(one: Request) -> Span:
    return (one.trace_id, one.span_id) if one.span_id else ("", one.request_id)


def _named_by(one: Request) -> Span:
    """The name of its caller."""
    assert one.caller is not None, "asked only where it is known"
    if one.caller.span_id != one.span_id:
        # A service in between made this span of its own; it answers what that call asked.
        return one.trace_id, one.caller.span_id
    if one.caller.made_for:
        return one.trace_id, one.caller.made_for
    return "", one.request_id
