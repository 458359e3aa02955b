from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from lading.building.layers.file_hashes import FileHashes

OLD = 1_600_000_000_123_456_789


def _settled(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    time.sleep(0.08)


def test_a_known_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    _settled(path, b"one")
    hashes = FileHashes(tmp_path / "cache", tmp_path)
    assert hashes.of("a", path, path.stat()) == hashlib.sha256(b"one").hexdigest()
    hashes.save()
    path.chmod(0o644)
    known = FileHashes(tmp_path / "cache", tmp_path)
    status = path.stat()
    if status.st_ctime_ns == hashes._after["a"][2]:
        pytest.fail("a change of mode changes the file's ctime")
    assert known.known("a", status) is None
    time.sleep(0.08)
    digest = known.of("a", path, status)
    known.save()
    assert FileHashes(tmp_path / "cache", tmp_path).known("a", status) == digest


def test_same_size_and_time_but_another_content_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, ns=(OLD, OLD))
    time.sleep(0.08)
    hashes = FileHashes(tmp_path / "cache", tmp_path)
    hashes.of("a", path, path.stat())
    hashes.save()
    path.write_bytes(b"two")
    os.utime(path, ns=(OLD, OLD))
    again = FileHashes(tmp_path / "cache", tmp_path)
    assert again.of("a", path, path.stat()) == hashlib.sha256(b"two").hexdigest()


def test_a_file_just_written_is_not_trusted_to_stay(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    status = path.stat()
    hashes = FileHashes(tmp_path / "cache", tmp_path)
    hashes.learn("a", status, "digest", now=status.st_mtime_ns + 1_000_000)
    hashes.save()
    assert FileHashes(tmp_path / "cache", tmp_path).known("a", status) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": [1]}', b"\xff"])
def test_a_damaged_record_is_no_record(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a"
    _settled(path, b"one")
    hashes = FileHashes(tmp_path / "cache", tmp_path)
    hashes.of("a", path, path.stat())
    hashes.save()
    [record] = (tmp_path / "cache/files").iterdir()
    record.write_bytes(damage)
    again = FileHashes(tmp_path / "cache", tmp_path)
    assert again.of("a", path, path.stat()) == hashlib.sha256(b"one").hexdigest()
