import io

import pytest

from lading.oci import Descriptor, Digest, Layer, Reference, assemble, media_types
from lading.stores.memory import Memory


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def image(store):
    """An image of one layer, in the store."""
    content = b"a layer"
    layer = Layer(
        Descriptor.of(media_types.LAYER, content), Digest.of(content), lambda: io.BytesIO(content)
    )
    made = assemble({"os": "linux", "architecture": "amd64"}, [layer])
    store.write(made, Reference("digits/digits"))
    return made
