"""What is packed in a file of the source is searched too."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest

from lading.building.secrets import archives
from lading.building.secrets.allowing import Allowed
from tests.unit.building.secrets.corpus import TOKENS

TEXT = f"one\nT = '{TOKENS['GitHub, classic'][1]}'\n".encode()


def _zip(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        packed.writestr("fine.py", "x = 1\n")
        packed.writestr("deep/config.py", TEXT)
    return buffer.getvalue()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("deep/config.py")
        member.size = len(TEXT)
        tar.addfile(member, io.BytesIO(TEXT))
    return buffer.getvalue()


ARCHIVES = {
    "a.whl": _zip(zipfile.ZIP_DEFLATED),
    "a.docx": _zip(zipfile.ZIP_STORED),
    "a.tar": _tar(),
    "a.tgz": gzip.compress(_tar()),
    "a.tar.bz2": bz2.compress(_tar()),
    "a.tar.xz": lzma.compress(_tar()),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_secret_in_an_archive_is_found_at_its_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ARCHIVES[name])
    [finding] = archives.scan(tmp_path / name, f"data/{name}")
    assert (finding.path, finding.line) == (f"data/{name}/deep/config.py", 2)
    assert finding.kind == "github-token"
    for allowed in (f"data/{name}", "data/", f"{name}", f"data/{name}/deep/config.py:github-token"):
        assert Allowed.of([allowed])(finding), allowed
    assert not Allowed.of(["config.yaml"])(finding)


def test_a_text_that_is_compressed_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.py.gz").write_bytes(gzip.compress(TEXT))
    [finding] = archives.scan(tmp_path / "config.py.gz", "config.py.gz")
    assert (finding.path, finding.line) == ("config.py.gz/config.py", 2)


@pytest.mark.parametrize("name", ARCHIVES)
def test_one_that_is_damaged_is_no_error(tmp_path: Path, name: str) -> None:
    content = ARCHIVES[name]
    for damaged in (content[: len(content) // 2], content[:20], content[:30] + b"\xff" * 99):
        (tmp_path / name).write_bytes(damaged)
        archives.scan(tmp_path / name, name)


def test_one_that_unpacks_for_ever_is_left_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 4 << 20)
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"line\n" * 2_000_000 + TEXT))
    assert archives.scan(tmp_path / "a.gz", "a.gz") == []
    monkeypatch.setattr(archives, "MOST_BYTES", 40 << 20)
    assert len(archives.scan(tmp_path / "a.gz", "a.gz")) == 1


def test_what_is_no_archive_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(TEXT)
    assert archives.scan(tmp_path / "a.zip", "a.zip") == []
