"""`lading ps`."""

from __future__ import annotations

import click
import msgspec

from lading.cli import output, place
from lading.controller.client import Client
from lading.controller.messages import AppStatus, ReplicaStatus, ServiceStatus
from lading.oci import Digest


@click.command()
@output.json_option
def command(as_json: bool) -> None:
    """Show services and replicas: state, age, memory, restarts and why they were needed."""
    _, at = place.here()
    status = Client(at.socket).status()
    if as_json:
        output.print_json(msgspec.to_builtins(status))
    else:
        _print(status)


def _print(status: AppStatus) -> None:
    rows = [_row(service, r) for service in status.services for r in service.replicas]
    headings = ("SERVICE", "REVISION", "REPLICA", "STATE", "AGE", "MEMORY", "RESTARTS", "IMAGE")
    output.print_table((*headings, "LAST END"), rows)
    replicas = [replica for service in status.services for replica in service.replicas]
    if unenforced := sorted({limit for replica in replicas for limit in replica.unenforced}):
        click.echo(f"\nnot limited here: {', '.join(unenforced)}; `lading doctor` says how to")
    gateway = status.gateway
    running = f"process {gateway.pid}" if gateway.pid else "not running"
    click.echo(f"\ngateway http://{gateway.host}:{gateway.port} ({running})")


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
        Digest.parse(service.image).short if service.image else "-",
        replica.last_end or "-",
    )
