"""What an image consists of, told of one that is made and of one that is not, alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from lading.building import contents
from lading.building.assemble import KIND, PACKAGES
from lading.building.layers import blob
from lading.building.layers.ignore import Ignored
from lading.building.layers.source import walk
from lading.oci import Descriptor, Image, Layer, assemble
from lading.stores.layout import Layout


def image(store: Layout, *layers: tuple[blob.Blob, Mapping[str, str]]) -> Image:
    made = [
        Layer(
            Descriptor(one.descriptor.media_type, one.descriptor.digest, one.descriptor.size, said),
            one.diff_id,
            lambda digest=one.descriptor.digest: store.blobs.open(digest),  # type: ignore[misc]
        )
        for one, said in layers
    ]
    settings = {"os": "linux", "architecture": "amd64", "config": {"Env": ["A=1"]}}
    image = assemble(settings, made)
    store.write(image)
    return store.read(image.digest)


def test_files_of_a_stored_layer_are_told_as_those_of_a_folder_are(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "package").mkdir(parents=True)
    (source / "reader.py").write_text("x = 1\n")
    (source / "package" / "run.sh").write_text("")
    (source / "package" / "run.sh").chmod(0o755)
    (source / "link").symlink_to("reader.py")
    found = walk(source, Ignored())
    store = Layout(tmp_path / "store")
    entries = [one.entry() for one in found]
    made = blob.compressed(store, entries, lambda _: None)
    told = contents.of_image(image(store, (made, {KIND: "code"})))
    parts = told.layers["code"].parts()
    assert parts is not None
    assert parts.keys() == {"reader.py", "package/run.sh", "link"}
    for one in found:
        if one.is_file:
            digest = hashlib.sha256(one.full.read_bytes()).hexdigest()
            assert parts[one.path] == one.said(digest)
        elif one.target:
            assert parts[one.path] == one.said("")


def test_packages_are_read_from_annotations_of_all_layers_of_a_kind(tmp_path: Path) -> None:
    store = Layout(tmp_path / "store")
    one = blob.compressed(store, [], lambda _: None)
    told = contents.of_image(
        image(
            store,
            (one, {KIND: "wheels", PACKAGES: "rich=13.9 six=1.16"}),
            (one, {KIND: "wheels", PACKAGES: "numpy=2.1"}),
            (one, {KIND: "packages", PACKAGES: "libc6=2:2.36-9+deb12u4"}),
        )
    )
    assert told.execution == {"Env": ["A=1"]}
    assert told.layers["wheels"].parts() == {"rich": "13.9", "six": "1.16", "numpy": "2.1"}
    assert told.layers["packages"].parts() == {"libc6": "2:2.36-9+deb12u4"}


def test_a_model_is_not_read(tmp_path: Path) -> None:
    store = Layout(tmp_path / "store")
    one = blob.compressed(store, [], lambda _: None)
    told = contents.of_image(image(store, (one, {KIND: "model"})))
    assert told.layers["model"].parts() is None
