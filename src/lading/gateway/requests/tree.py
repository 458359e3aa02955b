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
    """Every tree that `requests` make, oldest first; each request stands in one of them, once."""
    # Who calls began before and ends after; so a caller always stands before its calls.
    ordered = sorted(requests, key=lambda one: (one.began_us, -one.ended_us))
    nodes = [Node(request) for request in ordered]
    sought = _Sought(ordered)
    unseen: dict[Span, Node] = {}
    roots: list[Node] = []
    for number, node in enumerate(nodes):
        found = sought.caller(number)
        if found is None:
            roots.append(node)
        elif isinstance(found, int):
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
        self._by_span: dict[Span, list[int]] = defaultdict(list)
        self._by_trace: dict[str, list[int]] = defaultdict(list)
        self._by_request: dict[str, list[int]] = defaultdict(list)
        self._begun_by: dict[str, int] = {}
        for number, one in enumerate(ordered):
            self._by_span[_name(one)].append(number)
            if one.trace_id:
                self._by_trace[one.trace_id].append(number)
            if one.request_id:
                self._by_request[one.request_id].append(number)

    def caller(self, number: int) -> int | Span | None:
        """Who made this request; a Span where that one is not there; None where nobody did."""
        one = self._ordered[number]
        if one.inside and one.span_id:
            passed_on = self._around(number, self._by_span[_name(one)], whole=True)
            if passed_on is not None:
                return passed_on
        if one.caller is not None:
            named = _named_by(one)
            found = self._named(number, named) if named[0] else self._begun(number)
            return named if found is None else found
        if not one.inside:
            return None
        # It says nothing of its caller: whichever of its trace or id was under way.
        related = (self._by_trace.get(one.trace_id, ()), self._by_request.get(one.request_id, ()))
        under_way = [self._around(number, candidates) for candidates in related]
        return max((n for n in under_way if n is not None), default=None)

    def _begun(self, number: int) -> int | None:
        """The request that came without a trace, and for which the trace of this one was begun.

        Several may have come with the same id; each of them begins one trace, if any.
        """
        one = self._ordered[number]
        if one.trace_id not in self._begun_by:
            taken = set(self._begun_by.values())
            same = self._by_span.get(("", one.request_id), ())
            found = self._best(number, [n for n in same if n not in taken])
            if found is None:
                return None
            self._begun_by[one.trace_id] = found
        return self._begun_by[one.trace_id]

    def _named(self, number: int, named: Span) -> int | None:
        return self._best(number, self._by_span.get(named, ()))

    def _best(self, number: int, candidates: Sequence[int]) -> int | None:
        """The one that was under way; else the last before it, which had ended: a late call."""
        around = self._around(number, candidates)
        if around is not None:
            return around
        before = bisect_left(candidates, number)
        return candidates[before - 1] if before else None

    def _around(self, number: int, candidates: Sequence[int], whole: bool = False) -> int | None:
        """The last that began before this one did, and had not ended: by then, or by its end."""
        one = self._ordered[number]
        until = one.ended_us if whole else one.began_us
        for place in range(bisect_left(candidates, number) - 1, -1, -1):
            if self._ordered[candidates[place]].ended_us >= until:
                return candidates[place]
        return None


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
