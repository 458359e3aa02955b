"""Which database is meant, and that no password of it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.errors import StateError
from lading.state import address
from lading.state.address import Address, Kept

URLS = {
    "postgresql://db.example.org/lading": "postgresql://db.example.org/lading",
    "postgresql://ann:s3cret@db:5433/lading": "postgresql://ann@db:5433/lading",
    "postgres://ann:s3%40cret@a,b/l?sslmode=require&password=s3cret": (
        "postgres://ann@a,b/l?sslmode=require"
    ),
    "postgresql:///lading?host=/run/postgresql": "postgresql:///lading?host=/run/postgresql",
    "postgresql://ann:s3cret/@s3cret@db/lading": "postgresql://ann@db/lading",
    "postgresql://ann:s3cret?s3cret@db/lading": "postgresql://ann@db/lading",
}


@pytest.mark.parametrize("url", URLS)
def test_a_password_is_not_shown_also_where_it_is_written_wrongly(url: str) -> None:
    found = Address(url, "app", "site")
    assert found.shown == URLS[url]
    assert "s3" not in repr(found)
    assert address.holds_password(url) == ("s3" in url)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "mysql://ann:s3cret@db/x",
            "X: not a database that Lading uses: "
            "expected postgresql://HOST/DATABASE, or sqlite, got mysql://ann@db/x",
        ),
        (
            "db.example.org",
            "X: not a database that Lading uses: "
            "expected postgresql://HOST/DATABASE, or sqlite, got db.example.org",
        ),
        (
            "postgresql://ann:s3/cret@db/x",
            "X: the user or the password of the URL cannot be read; write it percent-encoded, "
            "%40 for @ and %2F for /, or leave the password to PGPASSWORD or ~/.pgpass",
        ),
    ],
)
def test_what_is_no_address_is_refused(text: str, said: str) -> None:
    with pytest.raises(StateError) as refused:
        address.check(text, "X")
    assert str(refused.value) == said


def test_a_choice_is_kept_without_its_password(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "database.json"
    url = "postgresql://ann:s3cret@db/lading"
    assert address.recalled(file) is None
    address.remember(file, Kept(url, "translator"))
    assert "s3cret" not in file.read_text()
    kept = address.recalled(file)
    assert kept == Kept("postgresql://ann@db/lading", "translator")
    assert kept.with_password({"LADING_DATABASE": url}) == url
    assert kept.with_password({"LADING_DATABASE": "postgresql://ann:s3cret@other/x"}) == kept.url
    assert kept.with_password({}) == kept.url
