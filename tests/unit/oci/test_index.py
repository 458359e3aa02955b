import json

import pytest

from lading.errors import StoreError
from lading.oci import Descriptor, Index, media_types

AMD64 = Descriptor.of(media_types.MANIFEST, b"amd64")
ARM64 = Descriptor.of(media_types.MANIFEST, b"arm64")


def test_an_index_is_the_same_bytes_in_whatever_order_it_is_given():
    index = Index.of({"linux/arm64": ARM64, "linux/amd64": AMD64})
    assert index == Index.of({"linux/amd64": AMD64, "linux/arm64": ARM64})
    assert Index.parse(index.raw).manifests == index.manifests
    assert index.descriptor.size == len(index.raw)


def test_the_image_of_a_platform_is_chosen():
    index = Index.of({"linux/amd64": AMD64, "linux/arm64/v8": ARM64})
    assert index.manifest("linux/amd64") == AMD64
    assert index.manifest("linux/arm64") == ARM64
    message = "no image for linux/s390x: expected linux/s390x, got linux/amd64, linux/arm64/v8"
    with pytest.raises(StoreError, match=message):
        index.manifest("linux/s390x")


def test_attestations_that_lie_beside_images_are_none():
    document = json.loads(Index.of({"linux/amd64": AMD64}).raw)
    document["manifests"].append(
        {**ARM64.to_json(), "platform": {"os": "unknown", "architecture": "unknown"}}
    )
    document["manifests"].append(ARM64.to_json())
    assert list(Index.parse(json.dumps(document).encode()).manifests) == ["linux/amd64"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mediaType": media_types.MANIFEST}, "index.mediaType: expected"),
        ({"manifests": {}}, "index.manifests: expected a list, got {}"),
        ({"manifests": [{"platform": {"os": 1}}]}, r"index.manifests\[0\].platform.os"),
    ],
)
def test_what_is_no_index_is_refused_by_its_field(change, message):
    document = {**json.loads(Index.of({"linux/amd64": AMD64}).raw), **change}
    with pytest.raises(StoreError, match=message):
        Index.parse(json.dumps(document).encode())
