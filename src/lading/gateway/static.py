"""All of a gateway as one document, for an Envoy that nobody changes while it runs.

The same listeners, routes and clusters as `bootstrap.py` and `discovery.py` write, with what Envoy
would read from other files put in their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lading.gateway import discovery
from lading.gateway.bootstrap import bootstrap
from lading.gateway.document import Document
from lading.gateway.route import Listener, Route

_TYPE = "@type"


def static(listener: Listener, ip: str, folder: Path, routes: Sequence[Route]) -> Document:
    """The document Envoy starts from. `folder` is where its sockets are.

    Raises GatewayError for a replica's address that cannot be one.
    """
    document = bootstrap(listener, ip, folder)
    del document["dynamic_resources"]
    resources = document["static_resources"]
    (table,) = discovery.routes(routes, listener.max_body_bytes)["resources"]
    for one in resources["listeners"]:
        _fix_routes(one, table)
    replicas = {route.service: discovery.endpoints(route)["resources"][0] for route in routes}
    found = discovery.clusters(discovery.healths(routes), folder)["resources"]
    resources["clusters"] = [_fixed(cluster, replicas[cluster["name"]]) for cluster in found]
    return document


def _fix_routes(listener: Document, table: Document) -> None:
    for chain in listener["filter_chains"]:
        for one in chain["filters"]:
            manager = one["typed_config"]
            del manager["rds"]
            manager["route_config"] = _untyped(table)


def _fixed(cluster: Document, replicas: Document) -> Document:
    fixed = _untyped(cluster) | {"type": "STATIC", "load_assignment": _untyped(replicas)}
    del fixed["eds_cluster_config"]
    return fixed


def _untyped(document: Document) -> Document:
    """Where a field has a type of its own, the document does not say it."""
    return {key: value for key, value in document.items() if key != _TYPE}
