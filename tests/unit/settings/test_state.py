"""Where revisions are kept: what may be written, and that no password is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.errors import SettingsError
from lading.settings import read

APP = """\
app: demo
services:
  s: {source: ., handler: "h:predict"}
state: %s
"""


def app(folder: Path, state: str) -> Path:
    (folder / "h.py").write_text("def predict() -> int: ...\n")
    (folder / "lading.yaml").write_text(APP % state)
    return folder


@pytest.mark.parametrize("url", ["sqlite", "postgresql://ann@db.example.org:5433/lading"])
def test_a_database_may_be_named_by_its_url(tmp_path: Path, url: str) -> None:
    assert read(app(tmp_path, url)).state == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://ann:s3cret@db/lading",
            "a password, in a file that others read; "
            "leave it to PGPASSWORD, ~/.pgpass or LADING_DATABASE",
        ),
        (
            "mysql://ann:s3cret@db/lading",
            "not a database that Lading uses: expected postgresql://HOST/DATABASE, or sqlite, "
            "got mysql://ann@db/lading",
        ),
        ("", "expected the URL of a PostgreSQL, or sqlite, got nothing"),
    ],
)
def test_what_may_not_be_written_is_refused(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(app(tmp_path, url))
    assert str(refused.value) == f"lading.yaml:4: state: {said}"
