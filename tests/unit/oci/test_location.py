import pytest

from lading.errors import StoreError
from lading.oci import Digest, Location

DIGEST = Digest("a" * 64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", Location("docker.io", "library/python")),
        ("python:3.12-slim", Location("docker.io", "library/python", "3.12-slim")),
        ("nvidia/cuda:12.4.1-base", Location("docker.io", "nvidia/cuda", "12.4.1-base")),
        ("ghcr.io/a/b", Location("ghcr.io", "a/b")),
        ("localhost/a:1", Location("localhost", "a", "1")),
        ("localhost:5000/a/b:1", Location("localhost:5000", "a/b", "1")),
        ("127.0.0.1:5000/a", Location("127.0.0.1:5000", "a")),
        ("[::1]:5000/a:1", Location("[::1]:5000", "a", "1")),
        (f"ghcr.io/a/b@{DIGEST}", Location("ghcr.io", "a/b", None, DIGEST)),
        (f"ghcr.io/a/b:1@{DIGEST}", Location("ghcr.io", "a/b", "1", DIGEST)),
    ],
)
def test_names_are_read_as_docker_reads_them(text, expected):
    location = Location.parse(text)
    assert location == expected
    assert Location.parse(str(location)) == location


@pytest.mark.parametrize(
    "text",
    ["", "Upper", "a b", "ghcr.io/", "/a", "a:", "a:b c", "a//b", "ghcr.io/a/b:-", "a@sha256:1"],
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(StoreError):
        Location.parse(text)


def test_a_registry_is_asked_for_the_digest_else_the_tag_else_latest():
    bare = Location.parse("ghcr.io/a/b")
    assert bare.wanted == "latest"
    assert bare.tagged("1").wanted == "1"
    assert bare.tagged("1").at(DIGEST).wanted == str(DIGEST)
    with pytest.raises(StoreError, match="not a tag"):
        bare.tagged("a b")
