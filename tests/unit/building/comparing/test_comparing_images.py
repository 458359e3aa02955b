"""An image beside its rebuilt twin: what is named, and how."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lading.building.comparing import images
from lading.building.comparing.values import Fact, FileDifference, LayerDifference
from lading.errors import DamagedBlob
from lading.oci import Descriptor, Digest, Image, Layer, assemble, media_types
from lading.oci.annotations import KIND, TITLE

Member = tuple[str, bytes, Mapping[str, Any]]


def tar(*members: Member) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, content, attributes in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for attribute, value in attributes.items():
                setattr(member, attribute, value)
            packed.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def layer(
    packed: bytes, kind: str = "code", title: str = "1 file", *, gzipped: bool = False
) -> Layer:
    stored = gzip.compress(packed, mtime=0) if gzipped else packed
    media_type = media_types.LAYER_GZIP if gzipped else media_types.LAYER
    bare = Descriptor.of(media_type, stored)
    said = Descriptor(bare.media_type, bare.digest, bare.size, {KIND: kind, TITLE: title})
    return Layer(said, Digest.of(packed), lambda: io.BytesIO(stored))


def image(*layers: Layer, env: tuple[str, ...] = ("A=1",), **config: Any) -> Image:
    settings = {
        "created": "1970-01-01T00:00:00Z",
        "os": "linux",
        "architecture": "amd64",
        "config": {"Env": list(env), **config},
    }
    return assemble(settings, layers, {"title": "demo"})


def one(name: str, content: bytes = b"", **attributes: Any) -> Member:
    return name, content, attributes


def only(built: Layer, rebuilt: Layer) -> LayerDifference:
    found = images.compare(image(built), image(rebuilt))
    assert not found.is_same
    (difference,) = found.layers
    return difference


BASE = layer(tar(one("usr/bin/python", b"elf")), "base", "Debian")


def test_equal_images_are_the_same_and_nothing_of_them_is_read() -> None:
    def refuse() -> io.BytesIO:
        raise AssertionError("opened")

    closed = replace(BASE, open=refuse)
    found = images.compare(image(closed), image(closed))
    assert found.is_same
    assert (found.layers, found.config) == ((), ())


def test_only_layers_that_differ_are_read_and_named() -> None:
    def refuse() -> io.BytesIO:
        raise AssertionError("opened")

    closed = replace(BASE, open=refuse)
    built, rebuilt = layer(tar(one("app/a", b"1"))), layer(tar(one("app/a", b"2")))
    found = images.compare(image(closed, built), image(closed, rebuilt))
    assert [difference.kind for difference in found.layers] == ["code"]
    assert found.layers[0].built == built.descriptor.digest
    assert found.layers[0].rebuilt == rebuilt.descriptor.digest


def test_another_content_is_told_by_size_and_hash_and_shown_where_it_is_text() -> None:
    before, after = b"one\ntwo\nthree\n", b"one\n2\nthree\n"
    built = layer(tar(one("app/a.py", before), one("app/b", b"same")))
    rebuilt = layer(tar(one("app/a.py", after), one("app/b", b"same")))
    difference = only(built, rebuilt)
    fact = Fact(
        "content",
        f"14 bytes, SHA-256 {Digest.of(before).short}",
        f"12 bytes, SHA-256 {Digest.of(after).short}",
    )
    assert difference.files == (FileDifference("app/a.py", (fact,)),)
    assert difference.diff == ("@@ -2 +2 @@", "-two", "+2")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b", b"x" * 300_000])
def test_what_is_no_small_text_is_not_shown(content: bytes) -> None:
    difference = only(layer(tar(one("app/a", content))), layer(tar(one("app/a", b"text"))))
    assert difference.files[0].facts[0].what == "content"
    assert difference.diff == ()


def test_a_long_difference_is_cut_and_steers_no_terminal() -> None:
    before = "".join(f"{number}\n" for number in range(40)).encode()
    after = b"\x1b[31mred\n" + b"y" * 500 + b"\n"
    diff = only(layer(tar(one("app/a", before))), layer(tar(one("app/a", after)))).diff
    assert len(diff) == 13
    assert diff[-1] == "… 31 more lines"
    assert all(len(line) <= 120 and line.isprintable() for line in diff)


def test_each_thing_that_a_tar_says_of_a_file_is_compared() -> None:
    built = tar(
        one("link", type=tarfile.SYMTYPE, linkname="a"),
        one("mode", mode=0o644),
        one("owner", uid=0),
        one("removed"),
        one("time", mtime=0),
        one("type", type=tarfile.DIRTYPE),
    )
    rebuilt = tar(
        one("added"),
        one("link", type=tarfile.SYMTYPE, linkname="b"),
        one("mode", mode=0o755),
        one("owner", uid=1000, gid=100),
        one("time", mtime=1_700_000_000),
        one("type"),
    )
    found = {each.path: each.facts for each in only(layer(built), layer(rebuilt)).files}
    assert found == {
        "added": (Fact("there", "", "a file"),),
        "link": (Fact("link to", "a", "b"),),
        "mode": (Fact("mode", "0644", "0755"),),
        "owner": (Fact("owner", "0:0", "1000:100"),),
        "removed": (Fact("there", "a file", ""),),
        "time": (Fact("time", "0", "1700000000"),),
        "type": (Fact("type", "folder", "file"),),
    }


def test_sources_are_named_before_the_bytecode_that_is_made_of_them() -> None:
    paths = ("app/__pycache__/z.cpython-311.pyc", "app/z.py")
    built = layer(tar(*(one(path, b"1") for path in paths)))
    rebuilt = layer(tar(*(one(path, b"2") for path in paths)))
    assert [each.path for each in only(built, rebuilt).files] == ["app/z.py", paths[0]]


def test_another_compressor_is_told_from_other_files() -> None:
    packed = tar(one("app/a", b"1"))
    plain, gzipped = layer(packed), layer(packed, gzipped=True)
    difference = only(plain, gzipped)
    assert difference.files == ()
    assert difference.note == (
        "the same files, compressed otherwise: application/vnd.oci.image.layer.v1.tar, "
        f"{plain.descriptor.size} bytes, rebuilt application/vnd.oci.image.layer.v1.tar+gzip, "
        f"{gzipped.descriptor.size} bytes"
    )


def test_the_same_files_in_another_order_or_form_are_told() -> None:
    a, b = one("a", b"1"), one("b", b"2")
    assert only(layer(tar(a, b)), layer(tar(b, a))).note == "the same files, in another order"
    longer = tar(a, b) + bytes(512)
    assert only(layer(tar(a, b)), layer(longer)).note == "the same files, packed otherwise"


def test_a_layer_that_only_one_has_is_named() -> None:
    wheels = layer(tar(one("numpy")), "wheels", "numpy 2")
    code = layer(tar(one("app/a")))
    found = images.compare(image(BASE, wheels, code), image(BASE, code))
    assert found.layers == (LayerDifference("wheels", "numpy 2", wheels.descriptor.digest, None),)
    found = images.compare(image(BASE, code), image(BASE, wheels, code))
    assert found.layers == (LayerDifference("wheels", "numpy 2", None, wheels.descriptor.digest),)


def test_how_it_runs_is_compared_key_by_key_without_values_of_variables() -> None:
    built = image(BASE, env=("A=1", "SAME=x"), Labels={"x": "1"}, Entrypoint=["a"], User="1")
    rebuilt = image(BASE, env=("A=2", "B=3", "SAME=x"), Labels={"x": "2"}, Entrypoint=["b"])
    assert images.compare(built, rebuilt).config == (
        Fact("Entrypoint", '["a"]', '["b"]'),
        Fact("Env A", "a value", "a value"),
        Fact("Env B", "", "a value"),
        Fact("Labels x", "1", "2"),
        Fact("User", "1", ""),
    )


def test_documents_that_say_the_same_in_other_bytes_are_told() -> None:
    built = image(BASE)
    spaced = replace(built, manifest=built.manifest.replace(b'{"schema', b'{ "schema', 1))
    (fact,) = images.compare(built, spaced).config
    assert fact.what == "how it is written"
    titled = layer(tar(one("usr/bin/python", b"elf")), "base", "Other")
    (fact,) = images.compare(image(titled), built).config
    assert fact.what == "what the manifest says of its layers"


def test_a_damaged_layer_is_no_difference_but_an_error() -> None:
    packed = tar(one("app/a", b"1"))
    damaged = replace(layer(packed), open=lambda: io.BytesIO(packed[:-1] + b"x"))
    with pytest.raises(DamagedBlob):
        images.compare(image(damaged), image(layer(tar(one("app/a", b"2")))))
