import pytest

from lading.errors import StoreError
from lading.oci import Digest, Reference

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_digest_is_read_and_shown_as_the_specification_writes_it():
    assert str(Digest.parse(EMPTY)) == EMPTY
    assert Digest.parse(EMPTY) == Digest.of(b"")
    assert Digest.of(b"").short == "e3b0c44298fc"


@pytest.mark.parametrize(
    "text", ["e3b0c442", "sha512:" + "0" * 128, EMPTY.upper(), EMPTY + "\n", EMPTY[:-1]]
)
def test_what_is_no_sha256_digest_is_refused(text):
    with pytest.raises(StoreError) as caught:
        Digest.parse(text)
    assert str(caught.value) == (
        f"not a digest: expected sha256: and 64 hexadecimal digits, got {text}"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("demo/digits:7", "demo/digits:7"),
        ("demo/digits", "demo/digits:latest"),
        ("a__b/c--d.e_f", "a__b/c--d.e_f:latest"),
        ("registry.example.org/team/cached:V1.0_a", "registry.example.org/team/cached:V1.0_a"),
    ],
)
def test_names_of_the_distribution_specification_are_read(text, shown):
    assert str(Reference.parse(text)) == shown


@pytest.mark.parametrize("text", ["Demo:1", "a//b", "a___b", "a..b", "-a", "a:b:c", "a:-", "a:\n"])
def test_what_is_no_image_name_is_refused(text):
    with pytest.raises(StoreError) as caught:
        Reference.parse(text)
    assert str(caught.value) == (
        f"not an image name: expected lower-case name[:tag], got {text}"
        if ":" in text
        else f"not an image name: expected lower-case name[:tag], got {text}:latest"
    )
