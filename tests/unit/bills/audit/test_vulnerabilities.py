"""From OSV's files on disk to what is found in packages."""

import json
import os
import zipfile
import zlib
from pathlib import Path

import pytest

from lading.bills.audit.components import Component
from lading.bills.audit.database import opened
from lading.bills.audit.rating import Rating
from lading.bills.audit.vulnerabilities import find
from lading.errors import AuditError
from lading.progress import Silent
from tests.unit.bills.audit.conftest import ALL, GLIBC, GLIBC_DSA, JINJA_GHSA, JINJA_PYSEC

JINJA = Component("Jinja2", "2.11.2", "PyPI")
LIBC = Component("libc6", "2.36-9+deb12u1", "Debian:12", "glibc", "2.36-9+deb12u1")


def database(folder: Path, *entries: dict) -> Path:
    """A zip of them, as OSV publishes one."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for entry in entries:
            archive.writestr(f"{entry['id']}.json", json.dumps(entry))
    return folder / "all.zip"


@pytest.fixture
def found(tmp_path):
    """found(entries, *components): what of it the packages of an image have."""

    def look(entries, *components):
        path = database(tmp_path / "osv", *entries)
        databases = opened(path, tmp_path / "cache", Silent())
        return find({"digits": components}, databases)

    return look


def test_entries_of_several_databases_are_one_vulnerability(found):
    (one,) = found(ALL, JINJA)
    assert one.id == "CVE-2020-28493"
    assert one.ids == (
        "CVE-2020-28493",
        "GHSA-g3rq-g295-4j3m",
        "PYSEC-2021-66",
        "SNYK-PYTHON-JINJA2-1012994",
    )
    assert (one.rating, one.fixed) == (Rating.MEDIUM, ("2.11.3",))
    assert one.summary == "Regular expressions that take for ever, in Jinja2's urlize"
    assert one.images == ("digits",)


def test_a_debian_package_is_judged_by_its_source_and_release(found):
    (one,) = found(ALL, LIBC)
    assert one.id == "CVE-2023-4911"
    assert one.ids == ("CVE-2023-4911", "DEBIAN-CVE-2023-4911")
    assert (one.rating, one.fixed) == (Rating.HIGH, ("2.36-9+deb12u3",))
    for other in (
        Component("libc6", "2.36-9+deb12u3", "Debian:12", "glibc", "2.36-9+deb12u3"),
        Component("libc6", "2.36-9+deb12u1", "Debian:13", "glibc", "2.36-9+deb12u1"),
        Component("glibc", "2.36-9+deb12u1", "PyPI"),
    ):
        assert found(ALL, other) == []


def test_an_advisory_is_told_where_its_vulnerabilities_are_not(found):
    (one,) = found([GLIBC_DSA], LIBC)
    assert (one.id, one.rating) == ("DSA-5514-1", Rating.UNKNOWN)
    (one,) = found([GLIBC_DSA, GLIBC], LIBC)
    assert one.id == "CVE-2023-4911"


def test_what_debian_holds_for_unimportant_is_low(found):
    minor = json.loads(json.dumps(GLIBC))
    minor["affected"][0]["ecosystem_specific"]["urgency"] = "unimportant"
    assert found([minor], LIBC)[0].rating is Rating.LOW


@pytest.mark.parametrize(
    ("severity", "specific", "rating"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None, Rating.CRITICAL),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N", None, Rating.MEDIUM),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", None, Rating.HIGH),
        ("CVSS:3.1/nonsense", {"severity": "LOW"}, Rating.LOW),
        (None, {"severity": "CRITICAL"}, Rating.CRITICAL),
        (None, {"severity": 7}, Rating.UNKNOWN),
        (None, None, Rating.UNKNOWN),
    ],
)
def test_ratings(found, severity, specific, rating):
    kind = {"CVSS:4": "CVSS_V4", "CVSS:3": "CVSS_V3"}.get((severity or "")[:6], "CVSS_V2")
    entry = {**JINJA_PYSEC, "severity": [{"type": kind, "score": severity}] if severity else []}
    if specific:
        entry["database_specific"] = specific
    assert found([entry], JINJA)[0].rating is rating


def test_malicious_packages_are_critical(found):
    entry = {**JINJA_PYSEC, "id": "MAL-2024-1", "aliases": []}
    assert found([entry], JINJA)[0].rating is Rating.CRITICAL


def test_the_worst_comes_first_and_images_that_share_a_package_are_told_together(tmp_path):
    databases = opened(database(tmp_path, *ALL), tmp_path / "cache", Silent())
    both = find({"b": [JINJA, LIBC], "a": [JINJA]}, databases)
    assert [(x.id, x.images) for x in both] == [
        ("CVE-2023-4911", ("b",)),
        ("CVE-2020-28493", ("a", "b")),
    ]


def test_a_folder_of_files_and_a_folder_of_zips_are_databases_too(tmp_path):
    files = tmp_path / "files" / "PyPI"
    files.mkdir(parents=True)
    for entry in ALL:
        (files / f"{entry['id']}.json").write_text(json.dumps(entry))
    zips = tmp_path / "zips"
    database(zips, JINJA_GHSA).rename(zips / "pypi.zip")
    database(zips, GLIBC).rename(zips / "debian.zip")
    for folder in (tmp_path / "files", zips):
        databases = opened(folder, tmp_path / "cache", Silent())
        assert {x.id for x in find({"x": [JINJA, LIBC]}, databases)} == {
            "CVE-2020-28493",
            "CVE-2023-4911",
        }


def test_the_index_is_made_once_and_again_when_the_database_changes(tmp_path):
    path, cache = database(tmp_path, JINJA_GHSA), tmp_path / "cache"
    (first,) = opened(path, cache, Silent())
    made = first.path.stat().st_mtime_ns
    assert opened(path, cache, Silent())[0].path.stat().st_mtime_ns == made
    database(tmp_path, JINJA_GHSA, GLIBC)
    os.utime(path, ns=(1, 1))
    (second,) = opened(path, cache, Silent())
    assert (first.entries, second.entries) == (1, 2)
    assert [x.name for x in (cache / "osv").iterdir()] == [second.path.name]


def test_a_folder_without_the_database_is_told(tmp_path):
    todo = "fetch all.zip of PyPI and of Debian from OSV, and name the file or its folder"
    expected = "a zip of OSV's JSON files, or a folder of them"
    with pytest.raises(AuditError) as caught:
        opened(tmp_path / "osv", tmp_path / "cache", Silent())
    where = tmp_path / "osv"
    assert str(caught.value) == (
        f"{where}: there is no such file or folder: expected {expected}; {todo}"
    )
    with pytest.raises(AuditError) as caught:
        opened(tmp_path, tmp_path / "cache", Silent())
    assert str(caught.value) == (
        f"{tmp_path}: nothing in it counts here: expected vulnerabilities of PyPI or Debian; {todo}"
    )


def test_lists_may_be_null_as_the_schema_has_it(found):
    affected = [{**JINJA_PYSEC["affected"][0], "severity": None}]
    nulls = {"aliases": None, "severity": None, "affected": affected, "withdrawn": None}
    assert [x.id for x in found([{**JINJA_PYSEC, **nulls}], JINJA)] == ["PYSEC-2021-66"]
    assert found([{**JINJA_PYSEC, "affected": None}, JINJA_GHSA], LIBC) == []


def test_a_damaged_index_is_made_again_or_told(tmp_path):
    path, cache = database(tmp_path, *ALL), tmp_path / "cache"
    (made,) = opened(path, cache, Silent())
    whole = made.path.read_bytes()
    made.path.write_bytes(b"nonsense")
    (again,) = opened(path, cache, Silent())
    assert again == made
    assert len(find({"x": [JINJA, LIBC]}, [again])) == 2
    rotten = bytearray(whole)
    rotten[whole.index(zlib.compress(b"x", 1)[:2], 4096)] ^= 255
    made.path.write_bytes(rotten)
    with pytest.raises(AuditError) as caught:
        find({"x": [JINJA, LIBC]}, opened(path, cache, Silent()))
    assert str(caught.value).startswith(f"{made.path}: is damaged: got ")
    assert str(caught.value).endswith("; delete this file: it is made again of the database")


def test_an_archive_under_a_password_and_what_is_too_large_are_told(tmp_path, monkeypatch):
    path = database(tmp_path, JINJA_GHSA)
    monkeypatch.setattr("lading.bills.audit.database._MOST_BYTES", 10)
    with pytest.raises(AuditError) as caught:
        opened(path, tmp_path / "cache", Silent())
    size = len(json.dumps(JINJA_GHSA))
    assert str(caught.value) == (
        f"{path}: {JINJA_GHSA['id']}.json: is too large: expected an OSV entry of at most 10 bytes,"
        f" got {size} bytes"
    )
    monkeypatch.undo()
    locked = bytearray(path.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(head) + flags] |= 1
    path.write_bytes(locked)
    with pytest.raises(AuditError) as caught:
        opened(path, tmp_path / "cache", Silent())
    assert "cannot be unpacked" in str(caught.value)


def test_a_damaged_zip_and_other_files_are_told_and_leave_nothing(tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(b"PK nonsense")
    with pytest.raises(AuditError) as caught:
        opened(path, tmp_path / "cache", Silent())
    assert str(caught.value).startswith(f"{path}: cannot be read: expected a zip of OSV's JSON")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", "[]")
    with pytest.raises(AuditError) as caught:
        opened(path, tmp_path / "cache", Silent())
    assert str(caught.value) == (
        f"{path}: a.json: not an OSV entry: got Expected `object`, got `array`"
    )
    assert list((tmp_path / "cache" / "osv").iterdir()) == []
