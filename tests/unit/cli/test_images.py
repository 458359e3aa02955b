"""What `lading images` prints of a store, and where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lading.cli.images import command
from lading.oci import Image, Index, Layer, Reference
from lading.oci.annotations import KIND, TITLE, UNPACKED
from lading.oci.platforms import of_this_machine
from lading.stores.layout import Layout

SETTINGS = """\
app: shop
services:
  recommend: {source: ., handler: "a:A"}
  a: {source: ., handler: "a:A"}
steps:
  train: {command: [python, train.py]}
"""
Show = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """An empty store, and the app's folder as the working directory."""
    monkeypatch.setenv("LADING_HOME", str(tmp_path / "home"))
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "lading.yaml").write_text(SETTINGS)
    (tmp_path / "app" / "a.py").write_text("class A: ...\n")
    monkeypatch.chdir(tmp_path / "app")
    return Layout(tmp_path / "home/data/store")


@pytest.fixture
def layer(images: Any) -> Callable[[str, str, int], Layer]:
    """layer(kind, title, size): a plain layer with what Lading says of one."""

    def make(kind: str, title: str, size: int) -> Layer:
        bare = images.layer({title: b"x" * size}, "application/vnd.oci.image.layer.v1.tar")
        notes = {KIND: kind, TITLE: title, UNPACKED: str(bare.descriptor.size)}
        return replace(bare, descriptor=replace(bare.descriptor, annotations=notes))

    return make


@pytest.fixture
def built(store: Layout, layer: Any, images: Any) -> Layout:
    """Both services are built, of one base; the step is not."""
    base = layer("base", "Debian bookworm, Python 3.11", 200_000)
    for name in ("a", "recommend"):
        store.write(image(images, name, base, layer("code", name, 1000)), Reference(f"shop/{name}"))
    return store


def image(images: Any, name: str, *layers: Layer) -> Image:
    labels = {"org.opencontainers.image.title": f"shop/{name}"}
    made: Image = images.image(*layers, Labels=labels)
    return made


def show(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_services_and_steps_are_in_the_order_of_the_file(built):
    lines = show().splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["IMAGE", "recommend", "a", "train"]
    assert lines[0].split() == ["IMAGE", "DIGEST", "SIZE", "UNPACKED", "SHARED", "ADDS", "OWN"]
    recommend, a = lines[1].split(), lines[2].split()
    assert recommend[1] == built.read(Reference("shop/recommend")).digest.hex[:12]
    # Size, unpacked, shared, adds, own.
    assert recommend[2:] == ["211.2Ki", "210.0Ki", "200.0Ki", "211.2Ki", "11.2Ki"]
    assert a[2:] == ["211.1Ki", "210.0Ki", "200.0Ki", "11.1Ki", "11.1Ki"]
    assert lines[3].split() == ["train", "not", "built"]
    assert lines[5] == (
        "2 images: 422.3Ki one by one, 222.3Ki in the store, which holds 222.3Ki in all"
    )


def test_layers_are_shown_with_what_they_are_and_who_else_has_them(built):
    lines = show("--layers").splitlines()
    assert lines[1].split() == ["LAYER", "SIZE", "UNPACKED", "ALSO", "IN", "WHAT"]
    assert lines[2] == "  base   200.0Ki  200.0Ki   a        Debian bookworm, Python 3.11"
    assert lines[3] == "  code   10.0Ki   10.0Ki    -        recommend"
    assert lines[8] == "train  not built"


def test_json_says_the_same(built):
    document = json.loads(show("--json"))
    first, _, step = document["images"]
    assert first["name"] == "recommend"
    assert first["digest"] == str(built.read(Reference("shop/recommend")).digest)
    assert first["added_size"] == first["size"] == first["own_size"] + first["shared_size"]
    assert [x["kind"] for x in first["layers"]] == ["base", "code"]
    assert [x["others"] for x in first["layers"]] == [1, 0]
    base = {"digest": first["layers"][0]["digest"], "images": ["recommend", "a"]}
    assert document["layers"][0] == base
    assert len(document["layers"]) == 3
    assert step == {"name": "train", "missing": "not built"}
    assert document["stored_size"] == document["store_size"] == built.blobs.total_size()
    assert document["size"] > document["stored_size"]


def test_twice_as_many_images_that_have_all_in_common_are_told_in_twice_the_words(
    store, layer, images
):
    base = layer("base", "base", 1000)
    told = []
    for few in (range(20), range(20, 40)):
        for number in few:
            name = Reference(f"shop/s{number}")
            store.write(image(images, "a", base, layer("code", f"{number}", 1000)), name)
        told.append(len(show("--all", "--json")) + len(show("--all", "--layers")))
    assert 1.9 < told[1] / told[0] < 2.1


def test_every_image_of_the_store_is_below_its_app_with_those_it_had_before(
    built, images, layer, monkeypatch, tmp_path
):
    built.write(image(images, "a", layer("code", "new", 1000)), Reference("shop/a"))
    built.write(images.image(), Reference("other/b"))
    monkeypatch.chdir(tmp_path)
    lines = show("--all").splitlines()
    assert [line.rstrip()[:15].rstrip() for line in lines[1:7]] == [
        "other",
        "  b",
        "shop",
        "  a",
        "  a (earlier)",
        "  recommend",
    ]
    names = [x["name"] for x in json.loads(show("--all", "--json"))["images"]]
    assert names[0] == "other/b" and names[2].startswith("shop/a@")
    assert "which holds" in lines[-1]


def test_all_there_is_fits_a_terminal_of_80_columns(built):
    assert max(map(len, [*show().splitlines(), *show("--layers").splitlines()])) <= 80


def test_before_anything_is_built_it_says_what_builds(store, tmp_path, monkeypatch):
    assert show() == "nothing is built yet; `lading build` builds the images of an app\n"
    assert [x["missing"] for x in json.loads(show("--json"))["images"]] == ["not built"] * 3
    monkeypatch.chdir(tmp_path)
    assert show("--all") == "the store has no image; `lading build` builds the images of an app\n"
    assert not (tmp_path / "home/data/store").exists()


def test_a_damaged_image_does_not_hide_the_others(built):
    damaged = built.read(Reference("shop/a"))
    built.blobs.path(damaged.layers[1].descriptor.digest).unlink()
    lines = show().splitlines()
    assert lines[2].split(maxsplit=1) == ["a", "damaged; `lading build` makes it again"]
    assert lines[1].split()[2] == "211.2Ki"


def test_images_for_other_platforms_are_listed_below_this_machines(built, layer, images):
    mine = built.read(Reference("shop/a"))
    other = image(images, "a", layer("base", "arm", 100_000), layer("code", "a", 1000))
    built.write(other)
    here = of_this_machine()
    index = Index.of({here: mine.descriptor, "linux/riscv64": other.descriptor})
    built.write_index(index, Reference("shop/a"))
    lines = show().splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["recommend", built.read(Reference("shop/recommend")).digest.hex[:12]],
        ["a", mine.digest.hex[:12]],
        ["a", "linux/riscv64"],
    ]
    assert lines[3].split()[2] == other.digest.hex[:12]
    listed = show("--all").splitlines()
    assert [line.split()[0] for line in listed[1:5]] == ["shop", "a", "a", "recommend"]
    assert listed[3].split()[1] == "linux/riscv64"
    assert "(earlier)" not in "\n".join(listed)
    assert show("--layers").count("a linux/riscv64  ") == 1
    names = [one["name"] for one in json.loads(show("--json"))["images"]]
    assert names == ["recommend", "a", "a@linux/riscv64", "train"]
