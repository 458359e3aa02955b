"""`lading trace`."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence

import click

from lading.cli import output, place, tidy, waterfall
from lading.cli.follow import past, services_of, show
from lading.controller.place import Place
from lading.errors import GatewayError, UsageError
from lading.gateway.envoy import Envoy
from lading.gateway.requests.finding import SHORTEST_PREFIX, Wish, listed, meant_by, trees
from lading.gateway.requests.tree import Node

_PATIENCE_SECONDS = 1.0
"""A request is written down once it is over, which may be just after its answer was read."""
_LOOK_SECONDS = 0.05
_MOST_NAMED = 5
_MOST_TREES = 10


@click.command()
@click.argument("identifier", required=False, metavar="[ID]")
@click.option("--logs", is_flag=True, help="Show what services wrote for it as well.")
@click.option("--slowest", is_flag=True, help="Without ID: the slowest requests in the log.")
@click.option(
    "--failed", is_flag=True, help="Without ID: those that failed, or had a call that did."
)
@click.option(
    *("-n", "--last", "most"),
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    help="Without ID: how many requests.",
)
@output.json_option
def command(
    identifier: str | None, logs: bool, slowest: bool, failed: bool, most: int, as_json: bool
) -> None:
    """Show a request and the calls made for it, with their times; without ID, the last requests.

    ID is what answers have in x-request-id, a trace's id, or the first characters of either.
    """
    at = place.found()
    if identifier is None:
        _list(at, Wish(most, slowest, failed), as_json)
        return
    found = _found(at, identifier)
    if as_json:
        output.print_json([waterfall.document(tree) for tree in found])
        return
    for line in drawn(found):
        click.echo(line)
    if logs:
        _show_logs(at, found)


def of_request(at: Place, request_id: str) -> list[str]:
    """The lines that tell of a request that was just answered; none where it is not to be found."""
    return list(drawn(_patiently(at, request_id)))


def drawn(found: Sequence[Node]) -> Iterator[str]:
    """Trees, the newest last, with bars where the terminal is wide enough."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    left_out = len(found) - _MOST_TREES
    if left_out > 0:
        yield f"{left_out} older requests have the same id"
        yield ""
    for number, tree in enumerate(found[-_MOST_TREES:]):
        if number:
            yield ""
        yield from waterfall.lines(tree, width)


def _found(at: Place, text: str) -> list[Node]:
    found = _patiently(at, text)
    if found:
        return found
    begins_us = at.requests.begins_us()
    if begins_us is None:
        raise GatewayError("no request has been answered yet", f"trace {text}")
    short = len(text) < SHORTEST_PREFIX
    raise GatewayError(
        "no request has this id",
        f"trace {text}",
        expected=f"a whole id, or {SHORTEST_PREFIX} characters of one" if short else "",
        todo=f"the log goes back to {waterfall.moment(begins_us)}",
    )


def _patiently(at: Place, text: str) -> list[Node]:
    """Trees that are whole, or what there is of them after a while."""
    gateway = Envoy(at.gateway, at.requests)
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        more_may_come = gateway.flush_requests() and time.monotonic() < until
        found = _look(at, text)
        if not more_may_come or (found and all(tree.request for tree in found)):
            return found
        time.sleep(_LOOK_SECONDS)


def _look(at: Place, text: str) -> list[Node]:
    meant = meant_by(at.requests, text)
    if len(meant) > 1:
        named = ", ".join(map(output.printable, meant[:_MOST_NAMED]))
        more = f" and {len(meant) - _MOST_NAMED} more" if len(meant) > _MOST_NAMED else ""
        raise UsageError("several ids begin like this", f"trace {text}", came=f"{named}{more}")
    return trees(at.requests, meant[0]) if meant else []


def _list(at: Place, wish: Wish, as_json: bool) -> None:
    Envoy(at.gateway, at.requests).flush_requests()
    found = listed(at.requests, wish)
    if as_json:
        output.print_json([waterfall.document(tree) for tree in found])
        return
    headings = ("ID", "TIME", "SERVICE", "REQUEST", "STATUS", "TOOK (MS)", "CALLS", "")
    output.print_table(headings, [_row(tree) for tree in found])


def _row(tree: Node) -> tuple[str, ...]:
    first = tree.request
    assert first is not None, "what is listed has a line of its own"
    calls = list(tree.requests())[1:]
    failed = sum(call.failed for call in calls)
    notes = [waterfall.note(first), f"{failed} of its calls failed" if failed else ""]
    return (
        output.printable(first.request_id) or "-",
        waterfall.moment(first.began_us),
        waterfall.service(first),
        waterfall.title(first),
        waterfall.status(first),
        waterfall.milliseconds(first.duration_us),
        str(len(calls)),
        "; ".join(filter(None, notes)),
    )


def _show_logs(at: Place, found: Sequence[Node]) -> None:
    """Lines that name one of the requests, or one of the traces."""
    ids = {
        id_ for tree in found for one in tree.requests() for id_ in (one.request_id, one.trace_id)
    } - {""}
    names = services_of(at)
    written = [(name, line) for name, line in past(at, names) if tidy.names(line.text, ids)]
    click.echo()
    width = max((len(name) for name, _ in written), default=0)
    for name, line in written:
        show(name, line, width)
    if not written:
        click.echo("no service wrote anything for it")
