"""What an app's containers are called in a Compose file. Names of services have no dots."""

from __future__ import annotations

from collections.abc import Collection

GATEWAY = "gateway"
GATEWAY_IMAGE = "lading.gateway"
"""Beside images of services, of which one may be called `gateway`."""


def replicas(service: str, count: int) -> list[str]:
    """One name for each: each has a socket, and so a definition, of its own."""
    return [service] if count == 1 else [f"{service}.{slot}" for slot in range(1, count + 1)]


def gateway(services: Collection[str]) -> str:
    """Of the gateway's container, and of the volume with its socket."""
    return GATEWAY_IMAGE if GATEWAY in services else GATEWAY
