"""What is fixed for as long as an Envoy runs: where it listens, and how it treats a connection.

Fields: envoy.config.bootstrap.v3.Bootstrap, envoy.extensions.filters.network
.http_connection_manager.v3.HttpConnectionManager.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from lading.gateway import problems
from lading.gateway.document import Document, duration, typed
from lading.gateway.requests.format import INSIDE, OUTSIDE, access_log
from lading.gateway.route import Listener

NAME = "gateway"
"""Of the listener, its route configuration and the statistics of both listeners."""

INNER = "inside"
"""The listener by which services call one another."""

BUFFER = "envoy.filters.http.buffer"
"""The filter that holds a request until its body is whole."""

# RFC 5737: an address that no machine has.
_NOBODY = {"address_prefix": "192.0.2.0", "prefix_len": 32}
_ADMIN_MODE = 0o600
_INNER_MODE = 0o666


def bootstrap(listener: Listener, ip: str, folder: Path, requests: Path | None = None) -> Document:
    """The document Envoy starts from. `ip` is what `listener.host` stands for on this machine.

    `requests` is where each request is written down; without it, nowhere.
    """
    written = {door: access_log(requests, door) if requests else [] for door in (OUTSIDE, INSIDE)}
    return {
        # Tells a later controller what the running Envoy was asked for.
        "node": {"id": NAME, "cluster": "lading", "metadata": asdict(listener)},
        "admin": {"address": {"pipe": {"path": str(admin_socket(folder)), "mode": _ADMIN_MODE}}},
        "dynamic_resources": {"cds_config": watched(clusters_file(folder))},
        "static_resources": {
            "listeners": [
                _outer(listener, ip, _chains(listener, folder, written[OUTSIDE])),
                _inner(folder, _chains(listener, folder, written[INSIDE])),
            ],
        },
    }


def listener_of(document: Document) -> Listener:
    """The Listener a bootstrap document was made for."""
    wanted = document["node"]["metadata"]
    return Listener(str(wanted["host"]), int(wanted["port"]), int(wanted["max_body_bytes"]))


def watched(path: Path) -> Document:
    """A ConfigSource: a file that Envoy reads again when another is moved over it."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}


def admin_socket(folder: Path) -> Path:
    """Envoy's administration interface."""
    return folder / "admin.sock"


def inside(folder: Path) -> Path:
    """A folder of its own, so that what it is lent to gets nothing else of the gateway's."""
    return folder / "inside"


def inner_socket(folder: Path) -> Path:
    """Where services call one another: the same answers as at the port."""
    return inside(folder) / "http.sock"


def clusters_file(folder: Path) -> Path:
    """Which services there are."""
    return folder / "clusters.json"


def routes_file(folder: Path) -> Path:
    """Which path leads to which service."""
    return folder / "routes.json"


def _outer(listener: Listener, ip: str, chains: list[Document]) -> Document:
    return {
        "name": NAME,
        "address": {"socket_address": {"address": ip, "port_value": listener.port}},
        # With SO_REUSEPORT a second gateway of the same user would take half of the connections
        # instead of being refused.
        "enable_reuse_port": False,
        "filter_chains": chains,
    }


def _inner(folder: Path, chains: list[Document]) -> Document:
    return {
        "name": INNER,
        # Containers run as other users; who gets the folder says who may connect.
        "address": {"pipe": {"path": str(inner_socket(folder)), "mode": _INNER_MODE}},
        "filter_chains": chains,
    }


def _chains(listener: Listener, folder: Path, written: list[Document]) -> list[Document]:
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": _connection_manager(listener, folder, written),
    }
    return [{"filters": [manager]}]


def _connection_manager(listener: Listener, folder: Path, written: list[Document]) -> Document:
    return typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=NAME,
        rds={"route_config_name": NAME, "config_source": watched(routes_file(folder))},
        http_filters=_filters(listener),
        local_reply_config=problems.local_replies(listener.max_body_bytes),
        normalize_path=True,
        access_log=written,
        **_headers(),
        **_patience(),
    )


def _filters(listener: Listener) -> list[Document]:
    buffer = typed(
        "extensions.filters.http.buffer.v3.Buffer", max_request_bytes=listener.max_body_bytes
    )
    router = typed("extensions.filters.http.router.v3.Router", suppress_envoy_headers=True)
    return [
        # The whole body is here before a replica sees any of it: a slow client occupies no replica,
        # and the request can be sent again.
        {"name": BUFFER, "typed_config": buffer},
        {"name": "envoy.filters.http.router", "typed_config": router},
    ]


def _headers() -> Document:
    return {
        # Nobody is internal: Envoy's own headers (x-envoy-retry-on and the like) are not taken
        # from clients.
        "use_remote_address": True,
        "internal_address_config": {"cidr_ranges": [_NOBODY]},
        "server_name": "lading",
        "generate_request_id": True,
        "preserve_external_request_id": True,
        "always_set_request_id_in_response": True,
        "request_id_extension": {
            "typed_config": typed(
                "extensions.request_id.uuid.v3.UuidRequestIdConfig", pack_trace_reason=False
            )
        },
    }


def _patience() -> Document:
    return {
        "request_headers_timeout": duration(15),
        "request_timeout": duration(300),
        "common_http_protocol_options": {"idle_timeout": duration(600)},
    }
