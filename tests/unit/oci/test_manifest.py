import json

import pytest

from lading.errors import StoreError
from lading.oci import Manifest, media_types

HEX = "0" * 64


def document(**changes):
    descriptor = {"mediaType": media_types.CONFIG, "digest": f"sha256:{HEX}", "size": 7}
    whole = {
        "schemaVersion": 2,
        "mediaType": media_types.MANIFEST,
        "config": descriptor,
        "layers": [{**descriptor, "mediaType": media_types.LAYER_ZSTD}],
        **changes,
    }
    return json.dumps({key: value for key, value in whole.items() if value != "absent"}).encode()


def test_encoding_what_was_parsed_gives_the_same_bytes():
    raw = Manifest.parse(document(annotations={"b": "2", "a": "1"})).encode()
    assert Manifest.parse(raw).encode() == raw
    assert b'"annotations":{"a":"1","b":"2"}' in raw


def test_the_media_type_may_be_left_out():
    assert Manifest.parse(document(mediaType="absent")) == Manifest.parse(document())


def layer(**changes):
    return [{"mediaType": "a/b", "digest": f"sha256:{HEX}", "size": 7, **changes}]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xff{", 'manifest: not JSON: got "�{"'),
        (b"[" * 100_000, f'manifest: not JSON: got "{"[" * 60}"'),
        (b"[]", "manifest: expected an object, got []"),
        (document(schemaVersion=1), "manifest.schemaVersion: expected 2, got 1"),
        (document(schemaVersion=True), "manifest.schemaVersion: expected a whole number, got true"),
        (
            document(schemaVersion="absent"),
            "manifest.schemaVersion: expected a whole number, got nothing",
        ),
        (
            document(mediaType=media_types.INDEX),
            f'manifest.mediaType: expected "{media_types.MANIFEST}", got "{media_types.INDEX}"',
        ),
        (document(config="absent"), "manifest.config: expected an object, got nothing"),
        (document(config=[]), "manifest.config: expected an object, got []"),
        (document(layers={}), "manifest.layers: expected a list, got {}"),
        (document(layers=[1]), "manifest.layers[0]: expected an object, got 1"),
        (document(layers=layer(size=-1)), "manifest.layers[0].size: expected 0 or more, got -1"),
        (
            document(layers=layer(size=1.5)),
            "manifest.layers[0].size: expected a whole number, got 1.5",
        ),
        (
            document(layers=layer(mediaType="tar")),
            'manifest.layers[0].mediaType: expected a media type, got "tar"',
        ),
        (
            document(layers=layer(digest="sha1:00")),
            'manifest.layers[0].digest: expected sha256: and 64 hexadecimal digits, got "sha1:00"',
        ),
        (document(annotations={"a": 1}), "manifest.annotations.a: expected text, got 1"),
    ],
)
def test_a_field_that_is_wrong_is_named(raw, message):
    with pytest.raises(StoreError) as caught:
        Manifest.parse(raw)
    assert str(caught.value) == message
