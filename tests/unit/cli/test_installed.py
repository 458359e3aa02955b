"""How another machine is told to install the Lading that is installed here."""

from __future__ import annotations

import pytest

from lading import __version__
from lading.cli import installed
from lading.errors import UsageError


def test_what_an_index_had_is_asked_of_an_index() -> None:
    assert installed.of(None) == f"lading=={__version__}"


def test_a_commit_stays_that_commit() -> None:
    direct = {
        "url": "https://git.example.org/lading",
        "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "0a1b2c"},
    }
    assert installed.of(direct) == "lading @ git+https://git.example.org/lading@0a1b2c"


def test_an_archive_is_held_to_its_hash() -> None:
    url = "https://example.org/lading-0.1.0-py3-none-any.whl"
    assert installed.of({"url": url, "archive_info": {}}) == f"lading @ {url}"
    hashed = {"url": url, "archive_info": {"hashes": {"sha256": "ab"}}}
    assert installed.of(hashed) == f"lading @ {url}#sha256=ab"


def test_a_folder_of_this_machine_is_refused() -> None:
    with pytest.raises(UsageError) as refused:
        installed.of({"url": "file:///home/me/lading", "dir_info": {"editable": True}})
    assert str(refused.value) == (
        "--lading: this Lading was installed from a folder of this machine, which no other one "
        "has: expected what pip is to install it from; say it: "
        '--lading "git+https://git.example.org/lading@COMMIT", or the path of a wheel in the '
        "repository"
    )
