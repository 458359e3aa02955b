"""Which proxy stands between us and an address, for those who are told that it does not answer."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def by_way_of(url: str) -> str:
    """`, by way of the proxy …` where the environment names one for `url`; else empty.

    Without user and password.
    """
    parts = urlsplit(url)
    told = getproxies()
    proxy = told.get(parts.scheme) or told.get("all", "")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return ""
    return f", by way of the proxy {proxy.rpartition('://')[2].rpartition('@')[2]}"
