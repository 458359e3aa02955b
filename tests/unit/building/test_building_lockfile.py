"""A lock reads back as it was written, and says when it is not what Lading wrote."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from lading.building import fingerprint, lockfile
from lading.building.lockfile import Deb, Lock, LockedEnvironment, Wheel
from lading.building.recipe import Environment
from lading.errors import LockError, RequirementsError


def deb(name: str) -> Deb:
    return Deb(name, "1:1.2-3", "amd64", "http://archive", f"pool/{name}.deb", "a" * 64, 12)


def wheel(name: str) -> Wheel:
    return Wheel(name, "1.2", f"{name}-1.2-py3-none-any.whl", "b" * 64, 0)


def locked(count: int = 2, inputs: str = "a.b.c") -> LockedEnvironment:
    debs = tuple(deb(f"deb{i}") for i in range(count))
    wheels = tuple(wheel(f"wheel{i}") for i in range(count))
    return LockedEnvironment(
        "3.11", "bookworm", "linux/amd64", inputs, debs, (), (wheel("msgspec"),), wheels
    )


LOCK = Lock({"digits": {"linux/amd64": locked()}, "a": {"linux/amd64": locked(0)}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    lockfile.write(tmp_path / "lading.lock", LOCK)
    return tmp_path / "lading.lock"


def test_a_lock_reads_back_as_it_was_written(path: Path) -> None:
    assert lockfile.read(path) == LOCK


def test_the_order_of_environments_does_not_matter(path: Path) -> None:
    before = path.read_bytes()
    backwards = dict(reversed(LOCK.environments.items()))
    lockfile.write(path, Lock(backwards))
    assert path.read_bytes() == before


def test_every_package_has_a_line_of_its_own(path: Path) -> None:
    changed = replace(locked(), wheels=(replace(wheel("wheel0"), version="9"), wheel("wheel1")))
    before = path.read_text().splitlines()
    lockfile.write(path, Lock({**LOCK.environments, "digits": {"linux/amd64": changed}}))
    after = path.read_text().splitlines()
    differing = [a for a, b in zip(before, after, strict=True) if a != b]
    assert len(differing) == 2  # the package, and the digest of the whole
    assert "digest" in differing[0]
    assert '"wheel0"' in differing[1]


def test_nothing_is_left_beside_the_lock(path: Path) -> None:
    assert [each.name for each in path.parent.iterdir()] == ["lading.lock"]


def test_a_missing_lock_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LockError) as refused:
        lockfile.read(tmp_path / "lading.lock")
    where = tmp_path / "lading.lock"
    assert str(refused.value) == f"{where}: there is no lock yet; run `lading lock`"


@pytest.mark.parametrize(
    ("before", "after"),
    [('"1.2"', '"1.3"'), ('"bookworm"', '"trixie"'), ("aaaa", "aaab"), (" }\n}\n", " }\n\n}\n")],
)
def test_an_edited_lock_is_noticed(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(LockError) as refused:
        lockfile.read(path)
    assert str(refused.value) == (f"{path}: was edited by hand or by a merge; run `lading lock`")


def test_line_endings_changed_by_git_are_no_edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert lockfile.read(path) == LOCK


def test_a_merge_conflict_is_named_with_its_line(path: Path) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], "<<<<<<< HEAD", *lines[4:]]))
    with pytest.raises(LockError) as refused:
        lockfile.read(path)
    assert str(refused.value) == (
        f"{path}:5: holds a merge conflict: got <<<<<<< HEAD;"
        " take either side (git checkout --ours or --theirs), then run `lading lock`"
    )


def test_a_truncated_lock_is_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(LockError, match="is damaged") as refused:
        lockfile.read(path)
    assert refused.value.todo == "run `lading lock`"


def test_a_lock_of_another_format_is_refused(path: Path) -> None:
    path.write_text(path.read_text().replace('"lading": 2', '"lading": 7'))
    with pytest.raises(LockError) as refused:
        lockfile.read(path)
    assert str(refused.value) == (
        f"{path}: is of another format: expected format 2, got format 7;"
        " upgrade Lading, or run `lading lock`"
    )


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(LockError, match=r"cannot be written: got No such file or directory"):
        lockfile.write(tmp_path / "nowhere" / "lading.lock", LOCK)


def test_three_hundred_packages_are_read_in_ten_milliseconds(tmp_path: Path) -> None:
    lockfile.write(tmp_path / "lock", Lock({"a": {"linux/amd64": locked(150)}}))
    started = time.perf_counter()
    lockfile.read(tmp_path / "lock")
    assert time.perf_counter() - started < 0.010


def environment(folder: Path, **changes: object) -> Environment:
    (folder / "requirements.txt").write_text("numpy\n-r more.txt\n")
    (folder / "more.txt").write_text("scipy\n")
    asked = Environment("digits", "3.11", folder / "requirements.txt", ("nodejs",))
    return replace(asked, **changes)  # type: ignore[arg-type]


def up_to_date(asked: Environment) -> LockedEnvironment:
    return locked(inputs=fingerprint.inputs(asked))


def test_what_did_not_change_is_not_stale(tmp_path: Path) -> None:
    asked = environment(tmp_path)
    before = up_to_date(asked)
    (tmp_path / "requirements.txt").write_text("# a comment\n\nnumpy\n-r more.txt\n")
    assert lockfile.is_stale(asked, before) is None


def test_each_change_is_a_reason(tmp_path: Path) -> None:
    asked = environment(tmp_path)
    before = up_to_date(asked)
    assert lockfile.is_stale(replace(asked, python="3.13"), before) == (
        "python changed from 3.11 to 3.13"
    )
    assert lockfile.is_stale(replace(asked, packages=()), before) == "`packages` changed"
    assert lockfile.is_stale(replace(asked, requirements=None), before) == (
        "its requirements were removed"
    )
    assert lockfile.is_stale(asked, replace(before, inputs="x")) == (
        "the lock was made by another version of Lading"
    )
    (tmp_path / "more.txt").write_text("scipy<1.10\n")
    assert lockfile.is_stale(asked, before) == "requirements.txt changed"


def test_a_requirements_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    asked = environment(tmp_path)
    before = up_to_date(asked)
    (tmp_path / "more.txt").unlink()
    with pytest.raises(RequirementsError) as refused:
        lockfile.is_stale(asked, before)
    assert refused.value.where == f"{tmp_path / 'requirements.txt'}:2"
