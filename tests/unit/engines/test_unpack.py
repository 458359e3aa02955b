from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from lading.engines.embedded.unpack import Ownership, unpack
from lading.errors import EngineError

PLAIN = Ownership(keep=False, opaque="user.overlay.opaque")


def tar(*members: tuple[str, bytes, dict[str, object]]) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as writing:
        for name, content, changed in members:
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), 0o644, 5
            for key, value in changed.items():
                setattr(member, key, value)
            writing.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return buffer


def folder(name: str, mode: int = 0o755) -> tuple[str, bytes, dict[str, object]]:
    return name, b"", {"type": tarfile.DIRTYPE, "mode": mode}


def link(name: str, target: str) -> tuple[str, bytes, dict[str, object]]:
    return name, b"", {"type": tarfile.SYMTYPE, "linkname": target}


def test_modes_times_and_contents_are_kept(tmp_path):
    unpack(tar(folder("d", 0o555), ("./d/f", b"x", {"mode": 0o751})), tmp_path, PLAIN)
    assert (tmp_path / "d/f").read_bytes() == b"x"
    assert stat.S_IMODE((tmp_path / "d/f").stat().st_mode) == 0o751
    assert (tmp_path / "d/f").stat().st_mtime == 5
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o555


def test_what_takes_another_owner_is_not_set_user_id(tmp_path):
    unpack(tar(folder("d", 0o2755), ("d/f", b"x", {"mode": 0o6755})), tmp_path, PLAIN)
    assert stat.S_IMODE((tmp_path / "d").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "d/f").stat().st_mode) == 0o755


def test_a_folder_that_is_not_listed_is_made(tmp_path):
    unpack(tar(("a/b/c", b"x", {})), tmp_path, PLAIN)
    assert (tmp_path / "a/b/c").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/../out"])
def test_a_path_out_of_the_folder_is_refused(tmp_path, name):
    inside = tmp_path / "in"
    inside.mkdir()
    with pytest.raises(EngineError, match=r"a layer has a path with '\.\.' in it"):
        unpack(tar((name, b"x", {})), inside, PLAIN)
    assert [x.name for x in tmp_path.iterdir()] == ["in"]


def test_an_absolute_path_lands_inside(tmp_path):
    unpack(tar(("/etc/x", b"x", {})), tmp_path, PLAIN)
    assert (tmp_path / "etc/x").exists()


def test_nothing_is_written_through_a_link(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    with pytest.raises(EngineError, match=r"^door/x: a layer writes through a link or file$"):
        unpack(tar(link("door", str(outside)), ("door/x", b"x", {})), inside, PLAIN)
    assert list(outside.iterdir()) == []


def test_a_file_replaces_a_link_instead_of_following_it(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "outside"
    inside.mkdir()
    outside.write_text("safe")
    unpack(tar(link("f", str(outside)), ("f", b"new", {})), inside, PLAIN)
    assert outside.read_text() == "safe"
    assert (inside / "f").read_text() == "new" and not (inside / "f").is_symlink()


def test_a_hard_link_reaches_its_own_layer_only(tmp_path):
    hard = ("b", b"", {"type": tarfile.LNKTYPE, "linkname": "a"})
    unpack(tar(("a", b"x", {}), hard), tmp_path, PLAIN)
    assert (tmp_path / "a").stat().st_ino == (tmp_path / "b").stat().st_ino
    away = ("c", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})
    (tmp_path / "other").mkdir()
    with pytest.raises(EngineError, match=r"^c: a hard link to nothing in its layer$"):
        unpack(tar(away), tmp_path / "other", PLAIN)


def test_a_whiteout_becomes_overlayfs_own(tmp_path):
    unpack(tar(folder("d"), ("d/.wh.gone", b"", {}), ("d/.wh..wh..opq", b"", {})), tmp_path, PLAIN)
    hidden = (tmp_path / "d/gone").lstat()
    assert stat.S_ISCHR(hidden.st_mode) and hidden.st_rdev == 0
    assert os.getxattr(tmp_path / "d", "user.overlay.opaque") == b"y"
    assert [x.name for x in (tmp_path / "d").iterdir()] == ["gone"]


def test_devices_are_left_out(tmp_path):
    unpack(tar(("null", b"", {"type": tarfile.CHRTYPE, "devmajor": 1})), tmp_path, PLAIN)
    assert list(tmp_path.iterdir()) == []


def test_the_attribute_is_the_one_that_a_users_overlay_reads():
    assert Ownership.of(root=True) == Ownership(True, "trusted.overlay.opaque")
    assert Ownership.of(root=False) == Ownership(False, "user.overlay.opaque")


def test_what_is_not_a_tar_is_said_so(tmp_path: Path):
    with pytest.raises(tarfile.TarError):
        unpack(io.BytesIO(b"no tar" * 1000), tmp_path, PLAIN)
