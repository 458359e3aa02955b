"""A tree of requests for a person, and for programs. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lading.cli.output import printable
from lading.gateway.requests.request import Request
from lading.gateway.requests.tree import Node
from lading.gateway.requests.why import why

_HEADINGS = ("SERVICE", "REQUEST", "STATUS", "START", "TOOK", "OWN")
_NUMBERS = (3, 4, 5)
"""Columns of milliseconds, aligned on the right."""
_GAP = "  "
_WIDEST_BAR, _NARROWEST_BAR = 40, 12
_WORTH_SAYING_US = 20_000
"""A request that was sent on later than this had to wait."""
_UNSEEN = "still being answered, or no longer in the log"


class _Row(NamedTuple):
    cells: tuple[str, ...]
    note: str
    node: Node


def lines(tree: Node, width: int | None) -> list[str]:
    """A heading, a line for each request, times in ms from the beginning of the first.

    Bars are drawn where at least some of `width` columns is left for them; None for none.
    """
    rows = [_row(tree, node, branch) for node, branch in _branches(tree)]
    table = [_HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(_HEADINGS))]
    notes = max(len(row.note) for row in rows)
    bar = _bar_columns(width, sum(widths) + len(_GAP) * len(widths) + notes)
    span_us = max(1, tree.last_us - tree.began_us)
    drawn = [_aligned(_HEADINGS, widths)]
    for row in rows:
        parts = [_aligned(row.cells, widths)]
        if bar:
            parts.append(_bar(row.node, tree.began_us, span_us, bar))
        parts.append(row.note)
        drawn.append(_GAP.join(parts))
    return [*_head(tree), "", *(line.rstrip() for line in drawn)]


def document(tree: Node) -> dict[str, Any]:
    """For `--json`: times in ms, `start_ms` from the beginning of the first request."""
    return {**_identity(tree), **_document(tree, tree.began_us)}


def title(request: Request) -> str:
    """The method and the path, without the service's own name before it."""
    own = f"/{request.meant}"
    path = request.path
    if request.meant and (path == own or path.startswith(f"{own}/")):
        path = path.removeprefix(own) or "/"
    return printable(f"{request.method} {path}".strip()) or "-"


def service(request: Request) -> str:
    """The service, or the one that was meant; "-" of a path that is like no service's."""
    return printable(request.meant) or "-"


def status(request: Request) -> str:
    """The status, "-" where the client went away before there was any."""
    return str(request.status or "-")


def note(request: Request) -> str:
    """What is worth saying of a request, most of all why it failed; mostly nothing."""
    said = [printable(why(request))]
    if request.tries > 1:
        said.append(f"{request.tries} tries")
    waited = request.sent_us is not None and request.sent_us >= _WORTH_SAYING_US
    if waited and not request.failed:
        said.append(f"sent on after {milliseconds(request.sent_us or 0)} ms")
    return "; ".join(filter(None, said))


def milliseconds(microseconds: int) -> str:
    """To a tenth."""
    return f"{microseconds / 1000:.1f}"


def moment(microseconds: int) -> str:
    """A time since 1970 in this machine's zone, to the millisecond."""
    local = datetime.fromtimestamp(microseconds / 1e6, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03}"


def _head(tree: Node) -> list[str]:
    known = _identity(tree)
    requests = list(tree.requests())
    failed = sum(one.failed for one in requests)
    calls = len(requests) - (1 if tree.request else 0)
    facts = [
        moment(tree.began_us),
        f"{milliseconds(tree.last_us - tree.began_us)} ms",
        f"{calls} call{'' if calls == 1 else 's'}",
        *([f"{failed} of {len(requests)} failed"] if failed else []),
    ]
    return [
        f"{name} {known[f'{name}_id']}" for name in ("request", "trace") if known[f"{name}_id"]
    ] + [", ".join(facts)]


def _identity(tree: Node) -> dict[str, str]:
    """The first id of each kind: of the request itself, where it came with one."""
    requests = list(tree.requests())
    return {
        "request_id": next((printable(one.request_id) for one in requests if one.request_id), ""),
        "trace_id": next((one.trace_id for one in requests if one.trace_id), ""),
    }


def _branches(node: Node, before: str = "", below: str = "") -> Iterator[tuple[Node, str]]:
    """Each node with what is drawn before it, callers first."""
    yield node, before
    for call in node.calls:
        last = call is node.calls[-1]
        yield from _branches(
            call, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  ")
        )


def _row(tree: Node, node: Node, branch: str) -> _Row:
    request = node.request
    if request is None:
        return _Row((f"{branch}?", "", "-", milliseconds(0), "", ""), _UNSEEN, node)
    times = (request.began_us - tree.began_us, request.duration_us, node.own_us)
    cells = (branch + service(request), title(request), status(request))
    return _Row((*cells, *map(milliseconds, times)), note(request), node)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(
        cell.rjust(width) if column in _NUMBERS else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )


def _bar_columns(width: int | None, taken: int) -> int:
    left = 0 if width is None else width - taken - len(_GAP)
    return 0 if left < _NARROWEST_BAR else min(left, _WIDEST_BAR)


def _bar(node: Node, origin_us: int, span_us: int, columns: int) -> str:
    """The time of a node within that of the tree: thin while its calls are under way."""
    column_us = span_us / columns
    first = min(columns - 1, math.floor((node.began_us - origin_us) / column_us))
    last = max(first + 1, math.ceil((node.ended_us - origin_us) / column_us))
    return "".join(
        _mark(node, origin_us + (column + 0.5) * column_us) if first <= column < last else " "
        for column in range(columns)
    )


def _mark(node: Node, at_us: float) -> str:
    calling = any(call.began_us <= at_us < call.ended_us for call in node.calls)
    return "─" if calling or node.request is None else "█"


def _document(node: Node, origin_us: int) -> dict[str, Any]:
    calls = [_document(call, origin_us) for call in node.calls]
    request = node.request
    if request is None:
        return {"service": None, "why": _UNSEEN, "calls": calls}
    return {
        "service": request.service or None,
        "method": request.method,
        "path": request.path,
        "inside": request.inside,
        "status": request.status,
        "failed": request.failed,
        "why": why(request),
        "began": datetime.fromtimestamp(request.began_us / 1e6, UTC).isoformat(),
        "start_ms": (request.began_us - origin_us) / 1000,
        "duration_ms": request.duration_us / 1000,
        "own_ms": node.own_us / 1000,
        "sent_ms": None if request.sent_us is None else request.sent_us / 1000,
        "answered_ms": None if request.answered_us is None else request.answered_us / 1000,
        "tries": request.tries,
        "replica": request.replica or None,
        "bytes_in": request.bytes_in,
        "bytes_out": request.bytes_out,
        "span_id": request.span_id or None,
        "calls": calls,
    }
