"""`lading doctor`."""

from __future__ import annotations

from dataclasses import asdict

import click

from lading.cli import output
from lading.engines.docker import doctor as docker
from lading.engines.embedded import doctor as embedded


@click.command()
@output.json_option
def command(as_json: bool) -> int:
    """Say what this machine has and lacks for running containers, and how to mend it.

    The exit code is 1 when something is missing without which nothing runs: neither the embedded
    engine nor Docker.
    """
    daemon = docker.check()
    findings = [*embedded.check(), daemon]
    lacking = any(one.required and not one.ok for one in findings) and not daemon.ok
    if as_json:
        output.print_json([asdict(one) for one in findings])
        return int(lacking)
    marks = {True: "ok", False: "missing"}
    rows = [
        (one.name, marks[one.ok] if one.required or one.ok else "limited", one.detail)
        for one in findings
    ]
    output.print_table(("WHAT", "", "DETAIL"), rows)
    for one in findings:
        if one.mend and not one.ok:
            click.echo(f"\n{one.name}: mend it with\n  {one.mend}")
    return int(lacking)
