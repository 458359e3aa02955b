"""What does not answer is told with the proxy that was asked for it."""

from __future__ import annotations

import pytest

from lading.building.proxies import by_way_of


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert by_way_of("http://deb.debian.org/debian") == ""
    monkeypatch.setenv("http_proxy", "http://me:s3cret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "inside.example.org")
    assert by_way_of("http://deb.debian.org/x") == ", by way of the proxy 127.0.0.1:9"
    assert by_way_of("https://deb.debian.org/x") == ""
    assert by_way_of("http://inside.example.org/x") == ""
