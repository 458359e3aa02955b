"""The layers of an image, seen as one."""

from __future__ import annotations

import io

import pytest

from lading.building.bases import unpacked
from lading.errors import StoreError
from tests.unit.building.bases.conftest import image


def test_a_higher_layer_replaces_and_hides_what_lies_below(made) -> None:
    tree = made(
        {"a/one": b"1", "a/two": b"2", "b/old": b"3", "c/deep/file": b"4", "d": b"5"},
        {"a/.wh.one": b"", "a/two": b"22", "b/.wh..wh..opq": b"", "b/new": b"6", ".wh.c": b""},
    ).tree
    assert tree.get("a/one") is None
    assert tree.nodes["a/two"].layer == 1
    assert (tree.get("b/old"), tree.nodes["b/new"].layer) == (None, 1)
    assert [path for path in tree.nodes if path.startswith("c")] == []
    assert tree.nodes["d"].layer == 0


def test_a_layer_hides_nothing_of_its_own(made) -> None:
    tree = made({"a/one": b"1"}, {"a/one": b"2", "a/.wh.one": b"", "a/.wh..wh..opq": b""}).tree
    assert tree.nodes["a/one"].layer == 1


def test_a_file_in_the_place_of_a_folder_takes_what_was_in_it_away(made) -> None:
    tree = made({"a/deep/file": b"1"}, {"a": b"2"}).tree
    assert sorted(tree.nodes) == ["a"]


@pytest.mark.parametrize("path", ["bin/sh", "/bin/sh", "usr/../bin/./sh", "//bin//sh"])
def test_links_of_folders_and_files_are_followed_inside_the_image(made, path) -> None:
    tree = made({"usr/bin/dash": b"1", "usr/bin/sh": "-> dash", "bin": "-> /usr/bin"}).tree
    assert tree.file(path) == "usr/bin/dash"


def test_a_link_that_leads_nowhere_out_or_in_a_circle_is_no_file(made) -> None:
    tree = made({"a": "-> b", "b": "-> a", "up": "-> ../../../etc", "none": "-> gone"}).tree
    assert [tree.file(path) for path in ("a", "up", "none")] == [None, None, None]


def test_a_layer_that_leaves_the_image_is_refused(made) -> None:
    with pytest.raises(StoreError, match=r"a/../../b: a layer has a path with '..' in it"):
        made({"a/../../b": b"1"})


def test_hard_links_have_the_content_of_what_they_are_the_same_as(made) -> None:
    found = made({"first": b"1", "second": "= first", "third": "= second"}, {".wh.first": b""})
    found.bring(["second", "third"])
    assert (found.read("second"), found.read("third"), found.read("first")) == (b"1", b"1", None)


def test_what_was_unpacked_is_there_the_next_time_and_damage_is_made_good(made) -> None:
    first = made({"etc/os-release": b"ID=debian\n"})
    assert first.text("etc/os-release") == "ID=debian\n"
    (first.folder / "tree").write_bytes(b"\x00damaged")
    assert made({"etc/os-release": b"ID=debian\n"}).text("etc/os-release") == "ID=debian\n"


def test_what_is_no_tar_is_said(tmp_path) -> None:
    broken = image({"a": b"1"})
    one = broken.layers[0]
    object.__setattr__(one, "open", lambda: io.BytesIO(b"x" * 2048))
    with pytest.raises(StoreError):
        unpacked.of(broken, tmp_path)
