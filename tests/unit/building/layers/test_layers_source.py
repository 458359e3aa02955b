from __future__ import annotations

import io
import os
import socket
import tarfile
from pathlib import Path

import pytest

from lading.building.layers import ignore_files, source, tar
from lading.building.layers.ignore import Ignored
from lading.errors import BuildError


def _refused(folder: Path) -> str:
    with pytest.raises(BuildError) as caught:
        source.walk(folder, Ignored())
    return str(caught.value)


def test_modes_are_one_of_two_whatever_they_were(tmp_path: Path) -> None:
    for name, mode in (("a", 0o600), ("b", 0o666), ("c", 0o700), ("d", 0o754)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    found = source.walk(tmp_path, Ignored())
    assert [(one.path, one.entry().mode) for one in found] == [
        *(("a", 0o644), ("b", 0o644), ("c", 0o755), ("d", 0o755)),
    ]


def test_links_inside_stay_links(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").touch()
    (tmp_path / "sub/link").symlink_to("../a")
    [link] = [one for one in source.walk(tmp_path, Ignored()) if one.target]
    assert link.entry().target == "../a"


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "../{name}/a"])
def test_a_link_that_leads_outside_is_named(tmp_path: Path, target: str) -> None:
    (tmp_path / "a").touch()
    target = target.format(name=tmp_path.name)
    (tmp_path / "link").symlink_to(target)
    assert _refused(tmp_path) == (
        f"{tmp_path / 'link'}: the link leads out of the source folder: got {target}; "
        "copy what it leads to into the folder, or add the link to `ignore`"
    )


def test_sockets_and_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "b/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "a/sock"))
    assert _refused(tmp_path / "a").startswith(
        f"{tmp_path / 'a/sock'}: expected a file, folder or link, got a socket; "
    )
    assert "got a pipe" in _refused(tmp_path / "b")


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).touch()
    assert _refused(tmp_path) == (
        f"{tmp_path}: a file name is not UTF-8: got 'caf\\xe9.txt'; rename the file"
    )


def test_a_link_to_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(os.fsdecode(b"caf\xe9.txt"))
    assert _refused(tmp_path) == (
        f"{tmp_path / 'link'}: the link leads to a name that is not UTF-8: got 'caf\\xe9.txt'; "
        "rename what it leads to, or add the link to `ignore`"
    )


@pytest.mark.parametrize("name", [".wh.a", ".wh..wh..opq", ".wh.folder/x"])
def test_a_name_that_would_delete_a_file_of_a_lower_layer_is_refused(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert _refused(tmp_path) == (
        f"{tmp_path / name.partition('/')[0]}: in an image, that name deletes another file; "
        "rename it, or add it to `ignore`"
    )
    assert source.walk(tmp_path, Ignored([".wh.*"])) == []


def test_a_path_too_long_to_be_asked_for_is_refused(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(17):
        os.mkdir("d" * 255, dir_fd=descriptor)
        inner = os.open("d" * 255, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    said = _refused(tmp_path)
    assert said.startswith(f"{tmp_path}/ddd")
    assert said.endswith("ddd: cannot be read: got file name too long")


def test_a_file_that_is_gone_while_its_folder_is_read_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    gone = []

    class Removing(Ignored):
        def __call__(self, path: str, is_folder: bool) -> bool:
            (tmp_path / path).unlink()
            gone.append(path)
            return False

    with pytest.raises(BuildError) as caught:
        source.walk(tmp_path, Removing())
    assert str(caught.value) == (
        f"{tmp_path / gone[0]}: cannot be read: got no such file or directory"
    )


def test_odd_names_come_back_as_they_are(tmp_path: Path) -> None:
    names = [
        "new\nline",
        'qu"ote',
        "back\\slash",
        " lead",
        "-dash",
        "a" * 255,
        "\x1b[31m",
        "\u202e",
    ]
    names += ["e\u0301", "\u00e9", "Case", "case", "*", "#x", "!x"]
    for name in names:
        (tmp_path / name).write_text(name)
    (tmp_path / "one").write_text("x")
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    found = source.walk(tmp_path, Ignored())
    packed = b"".join(tar.stream(tar.ordered(one.entry() for one in found)))
    with tarfile.open(fileobj=io.BytesIO(packed)) as read:
        back = {one.name: read.extractfile(one) for one in read if one.isfile()}
        assert {name: x.read().decode() for name, x in back.items() if x} == {
            **{f"app/{name}": name for name in names},
            **{"app/one": "x", "app/two": "x"},
        }


@pytest.mark.parametrize("name", [".ladingignore", ".dockerignore"])
def test_a_file_of_patterns_that_is_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(BuildError) as caught:
        ignore_files.rules(tmp_path)
    assert str(caught.value) == f"{tmp_path / name}: cannot be read: got what is no file"


def test_a_source_folder_that_is_not_there(tmp_path: Path) -> None:
    assert _refused(tmp_path / "no") == (
        f"{tmp_path / 'no'}: there is no such source folder; make it, or correct `source`"
    )
