"""Where files lie for users as odd as there are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lading.errors import StateError
from lading.state.folders import Folders

NOBODYS = 54321
"""A user id without a name or a home."""
RUN = Path(f"/tmp/lading-{NOBODYS}")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")


def shown(**environ: str) -> str:
    try:
        return str(Folders.of_user(environ).run.parent)
    except StateError as error:
        return str(error)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("HOME")
    yield
    if RUN.is_dir():
        RUN.rmdir()


@contextmanager
def being(user: int) -> Iterator[None]:
    """As that user, for as long as it lasts: root stays the saved id."""
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_without_a_home_it_is_said_what_to_set() -> None:
    with being(NOBODYS):
        said = shown()
    assert said == (
        "54321: this user has no home folder; set LADING_HOME to a folder for Lading's files"
    )


def test_with_a_folder_of_its_own_no_home_is_needed() -> None:
    with being(NOBODYS):
        assert shown(LADING_HOME="/srv/lading") == str(RUN)
    found = RUN.stat()
    assert (found.st_uid, found.st_mode & 0o777) == (NOBODYS, 0o700)


@pytest.mark.parametrize(
    ("owner", "mode", "came"),
    [
        (NOBODYS + 1, 0o777, "drwxrwxrwx of user 54322"),
        (NOBODYS, 0o777, "drwxrwxrwx of user 54321"),
    ],
)
def test_a_run_folder_that_others_may_change_is_refused(owner: int, mode: int, came: str) -> None:
    RUN.mkdir()
    os.chown(RUN, owner, owner)
    RUN.chmod(mode)
    with being(NOBODYS):
        said = shown(LADING_HOME="/srv/lading")
    assert said == (
        "/tmp/lading-54321: not this user's own: "
        f"expected a folder of user 54321 that nobody else may write to, got {came}; "
        "remove it, or set XDG_RUNTIME_DIR to a folder of yours"
    )
