"""Which files of the user's code two images have otherwise, and in which lines."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace

import pytest

from lading.building import code_files
from lading.building.code_files import FileChange, code_changes
from lading.oci import Descriptor, Image, Layer, media_types
from lading.oci.annotations import KIND
from tests.conftest import Images


def code(images: Images, files: Mapping[str, bytes]) -> Image:
    """An image with these files as its code, below a layer of no kind."""
    made = images.layer({f"app/{path}": content for path, content in files.items()})
    return images.image(images.layer({"app/lower.py": b"1"}), of_code(made))


def of_code(layer: Layer) -> Layer:
    return replace(layer, descriptor=replace(layer.descriptor, annotations={KIND: "code"}))


def changes(
    images: Images, was: Mapping[str, bytes], now: Mapping[str, bytes]
) -> tuple[FileChange, ...]:
    return code_changes(code(images, was), code(images, now))


def test_files_come_by_path_with_the_lines_that_differ(images: Images) -> None:
    was = {"same.py": b"1\n", "changed.py": b"a\nb\n", "gone.py": b"1\n2\n"}
    now = {"same.py": b"1\n", "changed.py": b"a\nc\nd\n", "new/one.py": b"1\n"}
    found = changes(images, was, now)
    assert [(x.path, x.what, x.added, x.removed) for x in found] == [
        ("changed.py", "changed", 2, 1),
        ("gone.py", "removed", 0, 2),
        ("new/one.py", "added", 1, 0),
    ]
    assert found[0].text.splitlines() == [
        "--- a/changed.py",
        "+++ b/changed.py",
        "@@ -1,2 +1,3 @@",
        " a",
        "-b",
        "+c",
        "+d",
    ]
    assert found[2].text.splitlines()[:2] == ["--- /dev/null", "+++ b/new/one.py"]


def test_lines_that_look_like_the_head_of_a_difference_count(images: Images) -> None:
    (found,) = changes(images, {"a.sql": b"-- one\n"}, {"a.sql": b"++ one\n"})
    assert (found.added, found.removed) == (1, 1)


@pytest.mark.parametrize("content", [b"\x89PNG\0\x01", b"\xff\xfe"])
def test_of_what_is_no_text_only_that_it_differs(images: Images, content: bytes) -> None:
    found = changes(images, {"a.png": content}, {"a.png": content + b"1"})
    assert found == (FileChange("a.png", "changed"),)


def test_a_large_file_is_compared_by_its_digest(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_files, "_LARGEST", 10)
    was = {"same.csv": b"1\n" * 20, "other.csv": b"1\n" * 20, "small.csv": b"1\n"}
    now = {**was, "other.csv": b"2\n" * 20, "small.csv": b"2\n"}
    assert [(x.path, x.added) for x in changes(images, was, now)] == [
        ("other.csv", None),
        ("small.csv", 1),
    ]


def test_many_lines_are_not_compared(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_files, "_MOST_LINES", 10)
    found = changes(images, {"a.py": b"1\n" * 6}, {"a.py": b"2\n" * 6})
    assert found == (FileChange("a.py", "changed"),)


def test_bytecode_is_nobodys_change(images: Images) -> None:
    was = {"a.py": b"1\n", "__pycache__/a.pyc": b"1"}
    assert changes(images, was, {**was, "__pycache__/a.pyc": b"2"}) == ()


def test_another_mode_and_another_target_of_a_link_are_changes(images: Images) -> None:
    found = code_changes(linked(images, 0o644, "one"), linked(images, 0o755, "two"))
    assert found == (
        FileChange("file", "changed", 0, 0),
        FileChange("link", "changed"),
    )


def linked(images: Images, mode: int, target: str) -> Image:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        file = tarfile.TarInfo("app/file")
        file.mode = mode
        tar.addfile(file, io.BytesIO())
        link = tarfile.TarInfo("app/link")
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)
    content = buffer.getvalue()
    descriptor = Descriptor.of(media_types.LAYER, content)
    return images.image(of_code(Layer(descriptor, descriptor.digest, lambda: io.BytesIO(content))))


def test_the_same_layers_are_not_read(images: Images) -> None:
    def unreadable() -> io.BytesIO:
        raise AssertionError

    image = code(images, {"a.py": b"1\n"})
    closed = replace(image, layers=tuple(replace(x, open=unreadable) for x in image.layers))
    assert code_changes(closed, closed) == ()
