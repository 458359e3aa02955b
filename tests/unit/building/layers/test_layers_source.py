from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lading.building.layers import source
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


def test_a_source_folder_that_is_not_there(tmp_path: Path) -> None:
    assert _refused(tmp_path / "no") == (
        f"{tmp_path / 'no'}: there is no such source folder; make it, or correct `source`"
    )
