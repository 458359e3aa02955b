"""A package is kept when its bytes are the locked ones; otherwise nothing of it is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from lading.building.debian.fetch import fetch
from lading.building.progress import Silent
from lading.errors import ArchiveError
from tests.unit.building.debian.tiny_archive import TinyArchive


def test_packages_are_kept_by_hash(archive: TinyArchive, tmp_path: Path) -> None:
    debs = [archive.add(name, {"x": name.encode()}) for name in ("one", "two")]
    found = fetch(debs, tmp_path, Silent())
    assert list(found) == debs
    for deb, path in found.items():
        assert path == tmp_path / "debs" / f"{deb.sha256}.deb"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == deb.sha256


def test_what_is_there_is_not_fetched_again(archive: TinyArchive, tmp_path: Path) -> None:
    deb = archive.add("one")
    fetch([deb], tmp_path, Silent())
    archive.asked.clear()
    fetch([deb], tmp_path, Silent())
    assert archive.asked == []


def test_a_file_of_another_size_is_fetched_again(archive: TinyArchive, tmp_path: Path) -> None:
    deb = archive.add("one")
    (path,) = fetch([deb], tmp_path, Silent()).values()
    whole = path.read_bytes()
    path.write_bytes(whole[:10])
    fetch([deb], tmp_path, Silent())
    assert path.read_bytes() == whole


def test_bytes_with_another_hash_are_refused_and_not_kept(
    archive: TinyArchive, tmp_path: Path
) -> None:
    deb = archive.add("one")
    wrong = replace(deb, sha256="0" * 64)
    with pytest.raises(ArchiveError) as refused:
        fetch([wrong], tmp_path, Silent())
    assert refused.value.where == "one 1.0 (amd64)"
    assert refused.value.expected == f"SHA-256 {'0' * 64} of {deb.size} bytes"
    assert refused.value.came == f"{deb.sha256} of {deb.size} bytes"
    assert list((tmp_path / "debs").iterdir()) == []


def test_a_package_that_the_archive_forgot_says_what_to_do(
    archive: TinyArchive, tmp_path: Path
) -> None:
    gone = replace(archive.add("one"), path="pool/main/gone.deb")
    with pytest.raises(ArchiveError) as refused:
        fetch([gone], tmp_path, Silent())
    assert str(refused.value) == (
        f"one 1.0 (amd64): is no longer in the archive: expected {archive.url}/pool/main/gone.deb,"
        " got HTTP status 404; run `lading lock --upgrade`, or set LADING_DEBIAN_MIRROR to a day it"
        " was there, such as https://snapshot.debian.org/archive/debian/20260101T000000Z"
    )
    assert list((tmp_path / "debs").iterdir()) == []


def test_a_mirrors_password_is_not_shown(
    archive: TinyArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = archive.url.removeprefix("http://")
    monkeypatch.setenv("LADING_DEBIAN_MIRROR", f"http://me:secret@{host}/mirror")
    gone = replace(archive.add("one"), path="pool/main/gone.deb")
    with pytest.raises(ArchiveError) as refused:
        fetch([gone], tmp_path, Silent())
    assert "secret" not in str(refused.value)
    assert f"http://{host}/mirror/pool/main/gone.deb" in str(refused.value)


def test_progress_hears_of_every_byte(archive: TinyArchive, tmp_path: Path) -> None:
    class Counting(Silent):
        total = 0
        done = 0

        def start(self, task: str, total: int | None = None) -> None:
            self.total = total or 0

        def advance(self, task: str, amount: int) -> None:
            self.done += amount

    counting = Counting()
    deb = archive.add("one")
    fetch([deb], tmp_path, counting)
    assert counting.total == counting.done == deb.size
