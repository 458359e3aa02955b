"""Indexes are believed when Debian's keys vouch for them, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from pysequoia import Tsk

from lading.building.debian.archive import Archive
from lading.building.debian.index import Package
from lading.building.debian.suites import Source
from lading.errors import ArchiveError
from tests.unit.building.debian.tiny_archive import TinyArchive


def packages(archive: TinyArchive, cache: Path) -> list[Package]:
    source = Source(archive.url, archive.suite)
    return Archive(cache, archive.keyring).packages(source, "amd64")


def test_a_signed_index_gives_its_packages(archive: TinyArchive, tmp_path: Path) -> None:
    deb = archive.add("zlib1g", version="1:1.3", Depends="libc6 (>= 2.14)")
    archive.publish()
    (found,) = packages(archive, tmp_path)
    assert found.deb == deb
    assert found.depends == "libc6 (>= 2.14)"


def test_a_known_index_is_not_fetched_again(archive: TinyArchive, tmp_path: Path) -> None:
    archive.add("one")
    archive.publish()
    first = packages(archive, tmp_path)
    archive.asked.clear()
    assert packages(archive, tmp_path) == first
    assert archive.asked == ["/dists/bookworm/InRelease"]


def test_a_changed_index_is_fetched(archive: TinyArchive, tmp_path: Path) -> None:
    archive.add("one")
    archive.publish()
    packages(archive, tmp_path)
    archive.add("two")
    archive.publish()
    assert [package.name for package in packages(archive, tmp_path)] == ["one", "two"]


def test_a_signature_by_another_key_is_refused(archive: TinyArchive, tmp_path: Path) -> None:
    archive.add("one")
    archive.publish()
    archive.tsk = Tsk.generate(user_id="Somebody else <b@example.org>")
    with pytest.raises(ArchiveError) as refused:
        packages(archive, tmp_path)
    assert refused.value.problem == "signature refused"
    assert refused.value.where == f"{archive.url}/dists/bookworm/InRelease"
    assert not (tmp_path / "debian").exists()


def test_a_changed_release_is_refused(archive: TinyArchive, tmp_path: Path) -> None:
    archive.add("one")
    archive.publish()
    text = archive.in_release.read_text()
    archive.in_release.write_text(text.replace("Suite: bookworm", "Suite: bookwyrm"))
    with pytest.raises(ArchiveError, match="signature refused"):
        packages(archive, tmp_path)


def test_an_unsigned_release_is_refused(archive: TinyArchive, tmp_path: Path) -> None:
    archive.publish()
    archive.in_release.write_text("Suite: bookworm\nSHA256:\n")
    with pytest.raises(ArchiveError, match="signature refused"):
        packages(archive, tmp_path)


def test_what_stands_outside_the_signature_is_not_read(
    archive: TinyArchive, tmp_path: Path
) -> None:
    archive.add("one")
    archive.publish()
    forged = f" {'0' * 64} 1 main/binary-amd64/Packages.xz\n"
    archive.in_release.write_text(archive.in_release.read_text() + f"\nSHA256:\n{forged}")
    assert [package.name for package in packages(archive, tmp_path)] == ["one"]


def test_an_index_with_another_hash_is_refused_and_not_kept(
    archive: TinyArchive, tmp_path: Path
) -> None:
    archive.add("one")
    archive.publish()
    (index,) = archive.index_files()
    whole = index.read_bytes()
    index.write_bytes(whole[:-7])
    with pytest.raises(ArchiveError) as refused:
        packages(archive, tmp_path)
    assert refused.value.problem == "is not the index that InRelease names"
    assert refused.value.expected == f"SHA-256 {index.name} of {len(whole)} bytes"
    assert refused.value.came.endswith(f" of {len(whole) - 7} bytes")
    assert not (tmp_path / "debian").exists()


def test_a_release_past_its_date_is_refused(archive: TinyArchive, tmp_path: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    archive.valid_until = format_datetime(yesterday).replace("+0000", "UTC")
    archive.publish()
    with pytest.raises(ArchiveError) as refused:
        packages(archive, tmp_path)
    assert refused.value.problem == (
        "is out of date: the mirror is stale, or this machine's clock is wrong"
    )
    assert refused.value.expected == f"a time before {archive.valid_until}"


def test_a_release_before_its_date_is_read(archive: TinyArchive, tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    archive.valid_until = format_datetime(tomorrow).replace("+0000", "UTC")
    archive.add("one")
    archive.publish()
    assert len(packages(archive, tmp_path)) == 1


def test_an_archive_that_lacks_the_suite_is_named(archive: TinyArchive, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as refused:
        packages(archive, tmp_path)
    assert refused.value.problem == "cannot be downloaded"
    assert refused.value.came == "HTTP status 404"


def test_a_mirror_is_asked_first_and_the_archive_after_it(
    archive: TinyArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add("one")
    archive.publish()
    monkeypatch.setenv("LADING_DEBIAN_MIRROR", f"{archive.url}/mirror/")
    assert len(packages(archive, tmp_path)) == 1
    assert archive.asked[:2] == ["/mirror/dists/bookworm/InRelease", "/dists/bookworm/InRelease"]
