from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.building.layers import tar
from lading.building.layers.entry import Entry, Kind, file, folder, symlink
from lading.errors import BuildError


def _stored(entries: list[Entry]) -> bytes:
    return b"".join(tar.stream(tar.ordered(entries)))


def _read(stored: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(stored), mode="r:") as read:
        return {member.name: member for member in read}


def test_the_order_in_which_entries_come_does_not_show() -> None:
    entries = [file("b/x", b"1"), symlink("a", "b/x"), folder("b"), file("b.c", b"2")]
    assert _stored(entries) == _stored(entries[::-1])
    assert list(_read(_stored(entries))) == ["a", "b", "b.c", "b/x"]


def test_owners_and_times_are_nobodys() -> None:
    for member in _read(_stored([file("a/b", b"1", 0o755), symlink("c", "a")])).values():
        assert (member.uid, member.gid, member.mtime) == (0, 0, 0)
        assert (member.uname, member.gname) == ("", "")


def test_folders_nobody_listed_stand_before_what_is_in_them() -> None:
    members = _read(_stored([file("opt/lading/x", b"1")]))
    assert [(name, m.isdir(), m.mode) for name, m in members.items()] == [
        ("opt", True, 0o755),
        ("opt/lading", True, 0o755),
        ("opt/lading/x", False, 0o644),
    ]


def test_a_sticky_folder_stays_sticky() -> None:
    assert _read(_stored([folder("tmp", 0o1777)]))["tmp"].mode == 0o1777


_NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=120
).filter(lambda name: name not in (".", ".."))


@given(st.lists(_NAMES, min_size=1, max_size=4), st.binary(max_size=2000), _NAMES)
def test_every_path_and_target_comes_back(parts: list[str], content: bytes, target: str) -> None:
    path = "/".join(parts)
    stored = _stored([file(path, content), symlink(f"{path}.link", target)])
    with tarfile.open(fileobj=io.BytesIO(stored), mode="r:") as read:
        member = read.extractfile(path)
        assert member is not None
        assert member.read() == content
        assert read.getmember(f"{path}.link").linkname == target
    assert len(stored) % 512 == 0


@pytest.mark.parametrize("length", [99, 100, 101, 155, 156, 255, 256, 257, 300])
def test_long_folder_names_keep_their_kind(length: int) -> None:
    path = ("d" * 60 + "/") * 5
    path = path[: length - 1].rstrip("/") + "e"
    assert _read(_stored([folder(path)]))[path].isdir()


def test_a_pax_header_is_written_only_where_ustar_has_no_room() -> None:
    assert b"path=" not in _stored([file("a" * 100, b"")])
    assert b"path=" in _stored([file("a" * 101, b"")])


def test_one_path_cannot_be_two_things() -> None:
    with pytest.raises(BuildError) as caught:
        tar.ordered([file("a", b"1"), file("a", b"2")])
    assert str(caught.value) == "/a: is two different things in one layer"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "", "a/"])
def test_a_path_that_leaves_the_root_is_refused(path: str) -> None:
    with pytest.raises(BuildError, match="expected a path below the image's root"):
        tar.ordered([Entry(path, Kind.FILE)])


def test_a_file_that_shrinks_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(bytes(4 * tar.CHUNK_BYTES))
    chunks = tar.stream([file("w", path)])
    next(chunks)
    os.truncate(path, tar.CHUNK_BYTES)
    with pytest.raises(BuildError) as caught:
        list(chunks)
    assert str(caught.value).startswith(
        f"{path}: changed while it was read: expected 4194304 bytes, got "
    )


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        _stored([file("w", tmp_path / "w")])
    assert str(caught.value) == f"{tmp_path / 'w'}: cannot be read: got no such file or directory"


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w")
    with pytest.raises(BuildError) as caught:
        _stored([file("w", tmp_path / "w")])
    assert str(caught.value) == f"{tmp_path / 'w'}: cannot be read: got what is no file"


@pytest.mark.parametrize("path", [".wh.x", "usr/.wh..wh..opq", "a/.wh.b/c"])
def test_no_layer_deletes_what_lies_below_it(path: str) -> None:
    with pytest.raises(BuildError) as caught:
        tar.ordered([file(path, b"")])
    assert str(caught.value) == f"/{path}: is a name by which layers delete files"
