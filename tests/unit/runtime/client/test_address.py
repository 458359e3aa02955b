"""Where the gateway may be."""

from __future__ import annotations

import pytest

from lading_runtime.client import address
from lading_runtime.client.address import Address


@pytest.mark.parametrize(
    ("text", "expected", "shown"),
    [
        ("http://10.0.0.1:8080", Address("10.0.0.1", 8080), "http://10.0.0.1:8080"),
        ("http://gateway", Address("gateway", 80), "http://gateway"),
        ("http://h:1/a/b/", Address("h", 1, "", "/a/b"), "http://h:1/a/b"),
        ("http://[::1]:9", Address("::1", 9), "http://[::1]:9"),
        ("unix:/run/g.sock", Address("localhost", 80, "/run/g.sock"), "unix:/run/g.sock"),
        ("unix:///run/g.sock", Address("localhost", 80, "/run/g.sock"), "unix:/run/g.sock"),
    ],
)
def test_addresses_are_read_and_shown(text: str, expected: Address, shown: str) -> None:
    assert address.read(text) == expected
    assert str(expected) == shown


@pytest.mark.parametrize(
    "text",
    ["gateway:8080", "https://h", "http://", "http://h:x", "http://h:99999", "unix:here", "unix:",
     "unix://host/path", "http://h/a b", "http://h/\r\nx: y", "http://me:word@h", "http://h/?q"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected http://host:port\[/prefix\] or unix:/path"):
        address.read(text)
