"""Whatever bytes a document has, it is read, or refused in words."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from lading.errors import StoreError
from lading.oci import Manifest, media_types
from lading.oci.config import Config

HEX = "0" * 64
DESCRIPTOR = {"mediaType": media_types.CONFIG, "digest": f"sha256:{HEX}", "size": 7}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": media_types.MANIFEST,
    "config": DESCRIPTOR,
    "layers": [DESCRIPTOR],
    "annotations": {"a": "b"},
}
CONFIG = {
    "os": "linux",
    "architecture": "amd64",
    "created": "1970-01-01T00:00:00Z",
    "config": {"Env": ["A=b"], "Cmd": ["c"], "ExposedPorts": {"80/tcp": {}}, "Labels": {"a": "b"}},
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{HEX}"]},
    "history": [{"created_by": "x", "empty_layer": False}],
}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def places(value, path=()):
    """Every place in a document."""
    yield path
    listed = enumerate(value) if isinstance(value, list) else ()
    for key, inner in value.items() if isinstance(value, dict) else listed:
        yield from places(inner, (*path, key))


def replaced(value, path, odd):
    if not path:
        return odd
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], odd)
    return copy


def changed(document):
    """`document` with an odd value at some place."""
    return st.builds(
        lambda path, odd: json.dumps(replaced(document, path, odd)).encode(),
        st.sampled_from(list(places(document))),
        ODD,
    )


@given(changed(MANIFEST) | st.binary())
@settings(max_examples=500, deadline=None)
def test_a_manifest_is_read_or_refused(raw):
    try:
        manifest = Manifest.parse(raw)
    except StoreError as error:
        str(error).encode()
    else:
        assert Manifest.parse(manifest.encode()) == manifest


@given(changed(CONFIG) | st.binary())
@settings(max_examples=500, deadline=None)
def test_a_config_is_read_or_refused(raw):
    try:
        Config.parse(raw)
    except StoreError as error:
        str(error).encode()
