"""What the gateway is asked for."""

from __future__ import annotations

from dataclasses import dataclass

FOREIGN_HEALTH = "/.lading/ready"
"""Asked of what stands before a server that is not ours, whatever the server's own path is."""


@dataclass(frozen=True)
class Listener:
    """Where the gateway answers. `max_body_bytes` bounds a request's body (413 past it)."""

    host: str = "127.0.0.1"
    port: int = 8080
    max_body_bytes: int = 64 * 1024**2


@dataclass(frozen=True)
class Route:
    """A service and the replicas that may answer for it.

    `ready` are replicas that said they can answer; `starting` are those that may soon. While none
    is ready, requests are held and tried against `starting` until one answers or
    `timeout_seconds` pass (504). With neither they are refused at once (503), those that wait too:
    a replica that is being restarted belongs to `starting` all the while. Addresses are
    `unix:/path` or `IP:port`.
    """

    service: str
    ready: tuple[str, ...]
    starting: tuple[str, ...] = ()
    timeout_seconds: float = 60.0
    foreign: bool = False
    """Whether the server is not ours. It is asked for `/rest` where a client asks for
    `/service/rest`; paths of our own stay whole."""

    @property
    def health(self) -> str:
        """Where a replica says whether it can answer; the bridge does for a foreign server."""
        return FOREIGN_HEALTH if self.foreign else f"/{self.service}/readyz"
