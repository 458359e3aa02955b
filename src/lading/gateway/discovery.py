"""What changes while Envoy runs: services, their replicas, and the paths that lead to them.

Fields: envoy.config.cluster.v3.Cluster, envoy.config.endpoint.v3.ClusterLoadAssignment,
envoy.config.route.v3.RouteConfiguration.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lading.errors import GatewayError
from lading.gateway import bootstrap, retries
from lading.gateway.document import Document, discovery, duration, typed
from lading.gateway.route import FOREIGN_HEALTH, Route

UPSTREAM_IDLE_SECONDS = 30.0
"""A replica must keep an idle connection for longer than this, or requests meet a closed one."""

FOREIGN_IDLE_SECONDS = 1.0
"""The same of servers that are not ours: gunicorn closes after 2, Node.js and uvicorn after 5."""

_LONGEST_SOCKET_PATH = 107
_MOST_NAMED = 20
_HEALTH_SECONDS = 1.0
_CONNECTIONS = 4096
_UNLIMITED = 1_000_000


def endpoints_file(folder: Path, service: str) -> Path:
    """Which replicas `service` has."""
    return folder / "endpoints" / f"{service}.json"


def healths(wanted: Iterable[Route]) -> Mapping[str, str]:
    """Each service with the path at which a replica is asked whether it can answer."""
    return {route.service: route.health for route in wanted}


def clusters(services: Mapping[str, str], folder: Path) -> Document:
    """A cluster for each service, given with the path of its health."""
    return discovery(
        [_cluster(service, health, folder) for service, health in sorted(services.items())]
    )


def endpoints(route: Route) -> Document:
    """The replicas of a service.

    Those that are starting stand among them: Envoy's health checks keep them out while another
    answers, and let them in on their own once they do. Raises GatewayError for an address that
    cannot be one.
    """
    addresses = dict.fromkeys((*route.ready, *route.starting))
    replicas = [{"endpoint": {"address": _address(address)}} for address in addresses]
    assignment = typed(
        "config.endpoint.v3.ClusterLoadAssignment",
        cluster_name=route.service,
        endpoints=[{"lb_endpoints": replicas}] if replicas else [],
    )
    return discovery([assignment])


def routes(wanted: Sequence[Route], max_body_bytes: int) -> Document:
    """Paths to services, the gateway's own `/healthz`, and a 404 that names what there is."""
    paths = [
        _direct({"path": "/healthz"}, 200),
        _direct({"prefix": "/", "headers": [_content_length_above(max_body_bytes)]}, 413),
        *(path for route in sorted(wanted, key=lambda r: r.service) for path in _paths(route)),
        _direct({"prefix": "/"}, 404, _what_there_is([route.service for route in wanted])),
    ]
    table = typed(
        "config.route.v3.RouteConfiguration",
        name=bootstrap.NAME,
        virtual_hosts=[
            {
                "name": bootstrap.NAME,
                "domains": ["*"],
                "routes": paths,
                # What is kept of a body to send it again.
                "request_body_buffer_limit": max_body_bytes,
            }
        ],
        request_headers_to_remove=["x-envoy-external-address"],
        response_headers_to_remove=[retries.NOT_STARTED],
    )
    return discovery([table])


def _cluster(service: str, health: str, folder: Path) -> Document:
    is_ours = health != FOREIGN_HEALTH
    return typed(
        "config.cluster.v3.Cluster",
        name=service,
        type="EDS",
        eds_cluster_config={"eds_config": bootstrap.watched(endpoints_file(folder, service))},
        connect_timeout=duration(1),
        lb_policy="LEAST_REQUEST",
        # Only when no replica at all is healthy are all of them tried.
        common_lb_config={"healthy_panic_threshold": {"value": 1}},
        health_checks=[_health_check(service, health)],
        # A replica taken from the list gets no further request, though it is still healthy.
        ignore_health_on_host_removal=True,
        circuit_breakers={
            "thresholds": [
                {
                    "max_connections": _CONNECTIONS,
                    "max_pending_requests": _UNLIMITED,
                    "max_requests": _UNLIMITED,
                    "max_retries": _UNLIMITED,
                }
            ]
        },
        typed_extension_protocol_options={
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": _upstream(
                UPSTREAM_IDLE_SECONDS if is_ours else FOREIGN_IDLE_SECONDS
            )
        },
    )


def _upstream(idle_seconds: float) -> Document:
    return typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        common_http_protocol_options={"idle_timeout": duration(idle_seconds)},
        explicit_http_config={"http_protocol_options": {}},
    )


def _health_check(service: str, path: str) -> Document:
    return {
        "timeout": duration(_HEALTH_SECONDS),
        "interval": duration(_HEALTH_SECONDS),
        # A service without traffic would otherwise be looked at once a minute.
        "no_traffic_interval": duration(_HEALTH_SECONDS),
        "unhealthy_interval": duration(_HEALTH_SECONDS / 4),
        # For no or a late answer; any status but 200 counts at once.
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"host": service, "path": path},
    }


def _address(address: str) -> Document:
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        if not path.startswith("/") or len(path.encode()) > _LONGEST_SOCKET_PATH:
            raise GatewayError(
                "cannot be a replica's address",
                where=address,
                expected=f"an absolute path of at most {_LONGEST_SOCKET_PATH} bytes",
            )
        return {"pipe": {"path": path}}
    host, _, port = address.rpartition(":")
    try:
        ip = ipaddress.ip_address(host.strip("[]"))
        return {"socket_address": {"address": str(ip), "port_value": int(port)}}
    except ValueError:
        raise GatewayError(
            "cannot be a replica's address",
            where=address,
            expected="unix:/path or IP:port",
        ) from None


def _paths(route: Route) -> list[Document]:
    # A reset in the middle of a request says nothing of whether it took effect: such a request is
    # sent again only where doing it twice is as good as once. An Idempotency-Key promises that.
    safe_method = {
        "name": ":method",
        "string_match": {"safe_regex": {"regex": "GET|HEAD"}},
    }
    keyed = {"name": "idempotency-key", "present_match": True}
    return [
        _path(route, {**match, "headers": headers}, rewrite, repeatable)
        for match, rewrite in _places(route)
        for headers, repeatable in (([safe_method], True), ([keyed], True), ([], False))
    ]


def _places(route: Route) -> list[tuple[Document, Document]]:
    """Which paths lead to a service, and what is done to them on the way."""
    own = f"/{route.service}"
    if not route.foreign:
        # The second is where clients of the Open Inference Protocol look for a model.
        prefixes = (own, f"/v2/models/{route.service}")
        return [({"path_separated_prefix": prefix}, {}) for prefix in prefixes]
    # A rewrite of "/a" to "/" would make "//b" of "/a/b", so the two are told apart.
    rewrite: Document = {"prefix_rewrite": "/"}
    return [({"path": own}, rewrite), ({"prefix": f"{own}/"}, rewrite)]


def _path(route: Route, match: Document, rewrite: Document, repeatable: bool) -> Document:
    document: Document = {
        # What problems name, and the log.
        "name": route.service,
        "match": match,
        "route": {
            "cluster": route.service,
            "timeout": duration(route.timeout_seconds),
            # The time limit above ends a request; a prediction may be silent until then.
            "idle_timeout": duration(route.timeout_seconds + 10),
            "retry_policy": retries.policy(route.timeout_seconds, repeatable),
            **rewrite,
        },
    }
    if rewrite:
        # So that a server can make links that lead back to it.
        header = {"key": "x-forwarded-prefix", "value": f"/{route.service}"}
        document["request_headers_to_add"] = [
            {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        ]
    return document


def _direct(match: Document, status: int, body: str = "") -> Document:
    response: Document = {"status": status}
    if body:
        response["body"] = {"inline_string": body}
    # Answered before the body of the request is there.
    unbuffered = typed("extensions.filters.http.buffer.v3.BufferPerRoute", disabled=True)
    return {
        "match": match,
        "direct_response": response,
        "typed_per_filter_config": {bootstrap.BUFFER: unbuffered},
    }


def _content_length_above(limit: int) -> Document:
    # Refused before it is sent, where the client says how long it is.
    return {"name": "content-length", "range_match": {"start": limit + 1, "end": 2**63 - 1}}


def _what_there_is(services: Sequence[str]) -> str:
    named = sorted(services)[:_MOST_NAMED]
    if not named:
        return "there is none yet"
    return f"there is {', '.join(named)}{' and more' if len(services) > _MOST_NAMED else ''}"
