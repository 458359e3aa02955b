"""What takes the room in an image, and what stops one that takes too much."""

from __future__ import annotations

import io
import random
import tarfile
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from lading.building.recipe import Environment, Recipe
from lading.building.sizes import budget, reading
from lading.building.sizes.explaining import Copies, Explained, explain
from lading.building.sizes.known import Known
from lading.building.sizes.owners import Owner, Owners
from lading.errors import BuildError
from lading.oci import Descriptor, Digest, Image, Layer, Reference, assemble, media_types
from lading.oci.annotations import KIND
from lading.stores.layout import Layout

SITE = "usr/local/lib/python3.11/dist-packages"


def _noise(count: int, seed: str) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(count)


def _wheel(name: str, files: Mapping[str, bytes], *requires: str) -> dict[str, bytes]:
    info = f"{SITE}/{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    rows = "".join(f"{path},sha256=x,1\n" for path in files)
    record = f"{rows}{name}-1.0.dist-info/RECORD,,\n{name}-1.0.dist-info/METADATA,,\n"
    return {
        **{f"{SITE}/{path}": content for path, content in files.items()},
        f"{info}/METADATA": metadata.encode(),
        f"{info}/RECORD": record.encode(),
    }


def _layer(store: Layout, kind: str, files: Mapping[str, bytes], *, plain: bool = False) -> Layer:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(files):
            member = tarfile.TarInfo(path)
            member.size = len(files[path])
            tar.addfile(member, io.BytesIO(files[path]))
    whole = buffer.getvalue()
    stored = whole if plain else zstandard.ZstdCompressor().compress(whole)
    media = media_types.LAYER if plain else media_types.LAYER_ZSTD
    with store.blobs.writer() as writer:
        writer.write(stored)
        bare = writer.commit(media)
    said = Descriptor(bare.media_type, bare.digest, bare.size, {KIND: kind})
    return Layer(said, Digest.of(whole), lambda: store.blobs.open(bare.digest))


def _image(*layers: Layer) -> Image:
    settings = {"os": "linux", "architecture": "amd64", "config": {}}
    return assemble(settings, layers, {})


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


@pytest.fixture
def explained(store: Layout) -> Explained:
    shared = _noise(100_000, "shared")
    status = b"Package: libc6\nVersion: 2.36\n"
    base = {
        "usr/lib/libc.so.6": _noise(50_000, "libc"),
        "var/lib/dpkg/status.d/libc6": status,
        "var/lib/dpkg/status.d/libc6.md5sums": b"00  usr/lib/libc.so.6\n",
        "etc/replaced": _noise(5_000, "old"),
    }
    wheels = {
        **_wheel("big", {"big/a.so": _noise(400_000, "big"), "big/lib.so": shared}, "small>=1"),
        **_wheel("small", {"small/b.py": b"x = 1\n" * 1000}, "lonely; extra == 'x'"),
        **_wheel("lonely", {"lonely/lib.so": shared}),
        f"{SITE}/small/__pycache__/b.cpython-311.pyc": b"\0" * 2000,
        "etc/replaced": _noise(4_000, "new"),
    }
    model = {"app/model.bin": _noise(20_000, "model")}
    code = {"app/main.py": b"print()\n"}
    return explain(
        _image(
            _layer(store, "base", base),
            _layer(store, "wheels", wheels),
            _layer(store, "model", model, plain=True),
            _layer(store, "code", code),
        )
    )


def test_every_file_is_its_packages(explained: Explained) -> None:
    parts = {one.owner: one for one in explained.parts}
    assert list(parts)[:4] == [
        *(Owner("wheel", "big", "1.0"), Owner("wheel", "lonely", "1.0")),
        *(Owner("deb", "libc6", "2.36"), Owner("model", "model.bin")),
    ]
    assert parts[Owner("wheel", "small", "1.0")].files == 4  # its bytecode too
    assert parts[Owner("code", "your code")].size == 8
    assert parts[Owner("model", "model.bin")].size == 20_000
    assert sum(one.size for one in explained.parts) == explained.size


def test_shares_come_to_what_is_sent(store: Layout) -> None:
    layer = _layer(store, "code", {"app/a": b"x" * 100_000, "app/b": _noise(50_000, "b")})
    found = explain(_image(layer))
    assert abs(found.packed - layer.descriptor.size) <= 2
    assert [one.path for one in found.files] == ["app/b", "app/a"]


def test_copies_and_what_is_hidden_are_told(explained: Explained) -> None:
    hidden, copies = explained.copies
    assert hidden == Copies(("etc/replaced",), hidden.wasted, hidden=True)
    assert abs(hidden.wasted - 5_000) < 500
    assert copies.paths == (f"{SITE}/big/lib.so", f"{SITE}/lonely/lib.so")
    # Both lie in one layer, whose compressor has seen the first when the second comes.
    assert 75_000 < copies.wasted <= 100_000


def test_what_would_go_with_a_package_is_told(explained: Explained) -> None:
    found = {one.name: one.others for one in explained.removable}
    # What only an extra requires is there for its own sake.
    assert found == {"big": ("small",), "lonely": ()}


def test_files_of_a_debian_image_belong_to_its_packages() -> None:
    owners = Owners({"var/lib/dpkg/info/libssl3:amd64.list": "/.\n/lib\n/lib/libssl.so.3\n"})
    assert owners.of("usr/lib/libssl.so.3", "base") == Owner("deb", "libssl3")
    assert owners.of("lib/libssl.so.3", "base") == Owner("deb", "libssl3")
    assert owners.of("opt/x", "base") == Owner("base", "of no package")


def _recipe(most: int | None) -> Recipe:
    recipe = Recipe("app", "s", Environment("s", "3.11", None), Path(), max_size_bytes=most)
    return replace(recipe, places={"max_size": "lading.yaml:5: services.s.max_size"})


def test_an_image_that_is_too_large_is_refused_with_what_made_it_so(store: Layout) -> None:
    small = _wheel("small", {"small/a.so": _noise(1_100_000, "s")})
    before = _image(_layer(store, "wheels", small))
    store.write(before, Reference("app/s"))
    grown = {**small, **_wheel("big", {"big/a.so": _noise(3_200_000, "b")})}
    now = _image(_layer(store, "wheels", grown))
    budget.check(_recipe(None), now, store, Known())
    budget.check(_recipe(now.size), now, store, Known())
    with pytest.raises(BuildError) as caught:
        budget.check(_recipe(2 * 1024**2), now, store, Known())
    assert str(caught.value) == (
        "lading.yaml:5: services.s.max_size: its image would be larger than it may be: expected at "
        "most 2.0Mi, compressed, got 4.1Mi, most of it big 1.0 3.1Mi, small 1.0 1.0Mi; since the "
        "last image, of 1.1Mi: big 1.0 +3.1Mi; see `lading build --explain`, remove what is not "
        "needed, or raise `max_size`"
    )


def test_a_first_image_has_no_last_one(store: Layout) -> None:
    now = _image(_layer(store, "code", {"app/a": _noise(3_000_000, "a")}))
    with pytest.raises(BuildError) as caught:
        budget.check(_recipe(2 * 1024**2), now, store, Known())
    assert "got 2.9Mi, most of it your code 2.9Mi; see" in str(caught.value)


def test_a_layer_is_read_once_whatever_it_is_asked_for(
    store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _image(_layer(store, "wheels", _wheel("small", {"small/a.so": _noise(100_000, "s")})))
    first = explain(image, Known(tmp_path))
    opened = []
    monkeypatch.setattr(reading, "tar_of", opened.append)
    assert explain(image, Known(tmp_path)) == first
    assert opened == []


@pytest.mark.parametrize("damaged", ["", "{}", "[]", '{"form": 1, "files": [[1]], "told": {}}'])
def test_what_is_kept_of_a_layer_may_be_lost(store: Layout, tmp_path: Path, damaged: str) -> None:
    image = _image(_layer(store, "code", {"app/a": b"x"}))
    first = explain(image, Known(tmp_path))
    [kept] = (tmp_path / "sizes").iterdir()
    kept.write_text(damaged)
    assert explain(image, Known(tmp_path)) == first


def test_a_file_larger_than_memory_is_read_in_pieces(store: Layout) -> None:
    image = _image(_layer(store, "model", {"app/model.bin": bytes(40_000_000)}))
    tracemalloc.start()
    try:
        explain(image)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000
