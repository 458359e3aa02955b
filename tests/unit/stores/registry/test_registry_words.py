"""What registries say, read: challenges, waits, places to go to; and what images are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from lading.errors import RegistryError, UsageError
from lading.stores.registry import redirects
from lading.stores.registry.challenges import Challenge, parse
from lading.stores.registry.naming import Place
from lading.stores.registry.patience import retry_after


@pytest.mark.parametrize(
    ("headers", "challenges"),
    [
        (
            ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'],
            [
                (
                    "bearer",
                    {"realm": "https://auth.docker.io/token", "service": "registry.docker.io"},
                )
            ],
        ),
        (
            ['Bearer realm="r",scope="repository:a/b:pull,push"'],
            [("bearer", {"realm": "r", "scope": "repository:a/b:pull,push"})],
        ),
        (
            ['Basic realm="say \\"please\\"", Bearer Realm=r , service = s'],
            [("basic", {"realm": 'say "please"'}), ("bearer", {"realm": "r", "service": "s"})],
        ),
        (["Negotiate", 'Basic realm="x"'], [("negotiate", {}), ("basic", {"realm": "x"})]),
        ([""], []),
        (['realm="x"', "=", ",,,", '"'], []),
    ],
)
def test_challenges(headers, challenges):
    assert parse(headers) == [Challenge(scheme, given) for scheme, given in challenges]


def test_how_long_to_wait():
    assert retry_after("7") == 7
    assert [retry_after(x) for x in (None, "", "soon", "-1")] == [None] * 4
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    assert later is not None and 50 < later <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/v2/x/blobs/uploads/1?_state=a", "https://r.example.org/v2/x/blobs/uploads/1?_state=a"),
        ("https://s3.example.org/x", "https://s3.example.org/x"),
        ("http://r.example.org/x", "https://r.example.org/x"),
        ("http://r.example.org:80/x", "https://r.example.org/x"),
    ],
)
def test_where_a_registry_may_send_us(location, url):
    base = httpx.URL("https://r.example.org/v2/")
    assert redirects.target(base, location, insecure=False) == httpx.URL(url)


@pytest.mark.parametrize(
    ("location", "came"),
    [
        ("file:///etc/passwd", "a file URL"),
        ("gopher://x.example.org/", "a gopher URL"),
        ("https://ada:s3cret@x.example.org/", "a URL with credentials in it"),
        ("http://x.example.org/", "plain HTTP at x.example.org"),
        ("https://localhost/", "localhost, which is this machine or its network"),
        ("https://127.0.0.1:6443/", "127.0.0.1, which is this machine or its network"),
        ("https://2130706433/", "2130706433, which is this machine or its network"),
        ("https://169.254.169.254/latest", "169.254.169.254, which is this machine or its network"),
        ("https://[::1]/", "::1, which is this machine or its network"),
        ("https://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1, which is this machine or its network"),
        ("https://0.0.0.0/", "0.0.0.0, which is this machine or its network"),
    ],
)
def test_where_a_registry_may_not_send_us(location, came):
    with pytest.raises(RegistryError) as caught:
        redirects.target(httpx.URL("https://r.example.org/v2/"), location, insecure=False)
    assert str(caught.value) == (
        "r.example.org: the registry sends us where nothing is asked: expected a place of its own "
        f"or a public one, got {came}"
    )
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("ghcr.io/team", "ghcr.io/team/shop/ranker:1"),
        ("localhost:5000", "localhost:5000/shop/ranker:1"),
        ("registry:5000/a/b", "registry:5000/a/b/shop/ranker:1"),
        ("docker.io/team", "docker.io/team/shop-ranker:1"),
    ],
)
def test_what_images_are_called(place, name):
    assert str(Place.parse(place).of("shop", "ranker", "1")) == name


@pytest.mark.parametrize("text", ["", "team", "Team/x", "ghcr.io/", "ghcr.io//x", "a b.c", "x:1/"])
def test_what_is_no_place(text):
    with pytest.raises(UsageError, match="is no place in a registry"):
        Place.parse(text)
