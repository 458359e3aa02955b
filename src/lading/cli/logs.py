"""`lading logs`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from lading.cli import output, place
from lading.cli.follow import follow, past, services_of, show
from lading.cli.names import unknown


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@click.option("-f", "--follow", "more", is_flag=True, help="Go on as lines come.")
@output.json_option
def command(services: tuple[str, ...], more: bool, as_json: bool) -> None:
    """Show what services wrote, replicas that have ended included, and what became of them."""
    at = place.found()
    known = services_of(at)
    for name in services:
        if name not in known:
            raise unknown("service", name, known)
    names = list(services) or known
    until_now = datetime.now(UTC)
    lines = [(name, line) for name, line in past(at, names) if line.time <= until_now]
    if as_json:
        output.print_json([{"service": name} | vars(line) for name, line in lines])
        return
    width = max(map(len, names), default=0)
    for name, line in lines:
        show(name, line, width)
    if more:
        follow(at, names, until_now)
