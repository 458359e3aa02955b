"""`lading ps`."""

from __future__ import annotations

import click
import msgspec

from lading.cli import output, place
from lading.cli.stopping import not_up
from lading.controller.client import Client
from lading.controller.messages import AppStatus, ReplicaStatus, ServiceStatus
from lading.engines import select
from lading.engines.select import Chosen
from lading.errors import AppNotUp
from lading.oci import Digest


@click.command()
@output.json_option
def command(as_json: bool) -> None:
    """Show services and replicas: state, age, memory, restarts and why they were needed."""
    at = place.found()
    try:
        status = Client(at.socket).status()
    except AppNotUp:
        raise not_up(at) from None
    if as_json:
        output.print_json(msgspec.to_builtins(status))
        return
    _print(status)
    _print_engine(select.recalled(at.engine_file))
    if status.trouble:
        click.echo(f"lading: {status.trouble}; what runs goes on, and cannot be changed", err=True)


def unenforced(status: AppStatus) -> str:
    """The limits that this machine does not hold, for a person; empty when it holds all."""
    replicas = [replica for service in status.services for replica in service.replicas]
    return ", ".join(sorted({limit for replica in replicas for limit in replica.unenforced}))


def _print(status: AppStatus) -> None:
    rows = [_row(service, r) for service in status.services for r in service.replicas]
    headings = ("SERVICE", "REVISION", "REPLICA", "STATE", "AGE", "MEMORY", "RESTARTS", "IMAGE")
    output.print_table((*headings, "LAST END"), rows)
    if limits := unenforced(status):
        click.echo(f"\nnot limited here: {limits}; `lading doctor` says how to")
    gateway = status.gateway
    running = f"process {gateway.pid}" if gateway.pid else "not running"
    click.echo(f"\ngateway http://{gateway.host}:{gateway.port} ({running})")


def _print_engine(engine: Chosen) -> None:
    if engine.name != select.EMBEDDED:
        click.echo(f"engine {engine}")


def _row(service: ServiceStatus, replica: ReplicaStatus) -> tuple[str, ...]:
    used, limit = output.size(replica.memory_bytes), output.size(replica.memory_limit_bytes)
    return (
        service.name,
        str(replica.revision),
        replica.name.rpartition(".")[2],
        replica.state,
        output.age(replica.started_at),
        f"{used} / {limit}",
        str(replica.restarts),
        Digest.parse(replica.image).short if replica.image else "-",
        replica.last_end or "-",
    )
