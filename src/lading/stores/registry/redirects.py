"""Where a registry may send us. A redirect, and the place of an upload, are its words alone.

- Only http and https, no credentials in the URL, and never from TLS to plain HTTP, unless the
  registry is one that is named insecure.
- From another host than this machine or its link, never to this machine or its link: clouds
  answer with credentials at 169.254.169.254. Names that resolve to such addresses are not found
  out; what comes from there is hashed and dropped, never shown.
- Credentials go to the registry's own origin alone: see `repository.py`.
"""

from __future__ import annotations

import ipaddress
import socket

import httpx

from lading.errors import RegistryError

MOST = 6
"""Redirects one after another."""


def target(base: httpx.URL, location: str, insecure: bool) -> httpx.URL:
    """The URL that `location`, in an answer from `base`, leads to. Raises RegistryError."""
    try:
        url = base.join(location)
    except (httpx.InvalidURL, ValueError):
        raise _refused(base, "no URL") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _refused(base, f"a {url.scheme or 'nameless'} URL")
    if url.userinfo:
        raise _refused(base, "a URL with credentials in it")
    if url.host == base.host and base.scheme == "https" and url.scheme == "http":
        # What stands behind a proxy that ends TLS often knows itself by http alone.
        port = None if url.port in (None, 80) else url.port
        url = url.copy_with(scheme="https", port=base.port if port is None else port)
    if base.scheme == "https" and url.scheme == "http" and not insecure:
        raise _refused(base, f"plain HTTP at {url.host}")
    if is_near(url.host) and not is_near(base.host):
        raise _refused(base, f"{url.host}, which is this machine or its network")
    return url


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether scheme, host and port are the same."""
    return (one.scheme, one.host, _port(one)) == (other.scheme, other.host, _port(other))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def is_near(host: str) -> bool:
    """Whether an address is of this machine or its link."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host.strip("[]"))
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    near = address and (address.is_loopback or address.is_link_local or address.is_unspecified)
    return bool(near)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # Also as resolvers read it: 2130706433 and 0x7f.1 are 127.0.0.1.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _refused(base: httpx.URL, came: str) -> RegistryError:
    problem = "the registry sends us where nothing is asked"
    return RegistryError(
        problem, base.host, expected="a place of its own or a public one", came=came
    )
