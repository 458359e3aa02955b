"""Where the values of secrets come from, and where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.cli import secret_values
from lading.errors import SettingsError

NAMES = {"ocr": ("API_KEY",)}


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_value_of_the_environment_is_a_file_that_this_user_alone_reaches(tmp_path: Path) -> None:
    folder = tmp_path / "run/secrets"
    environ = {"API_KEY": "v\u00e4lue\n", "OTHER": "x"}
    secret_values.take(folder, NAMES, environ)
    file = folder / "ocr/API_KEY"
    assert file.read_bytes() == "v\u00e4lue\n".encode()
    # Whoever the container's user is: he has the file, and no way to the folder.
    assert [_mode(path) for path in (folder, file.parent, file)] == [0o700, 0o755, 0o444]
    # What is started later, the controller and the gateway, does not have it.
    assert environ == {"OTHER": "x"}


def test_a_value_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\0\xff\n")
    secret_values.take(tmp_path / "s", NAMES, {"API_KEY_FILE": str(tmp_path / "key")})
    assert (tmp_path / "s/ocr/API_KEY").read_bytes() == b"\0\xff"


def test_one_without_a_value_is_named_and_none_is_written(tmp_path: Path) -> None:
    names = {"asr": ("A",), "ocr": ("API_KEY",)}
    environ = {"A": "1"}
    with pytest.raises(SettingsError) as caught:
        secret_values.take(tmp_path / "s", names, environ)
    assert str(caught.value) == (
        "services.ocr.secrets: API_KEY: has no value: expected the variable API_KEY, or "
        "API_KEY_FILE with the path of a file, got neither; set one of them where you call this"
    )
    assert not (tmp_path / "s").exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        secret_values.take(tmp_path / "s", NAMES, {"API_KEY_FILE": "/nowhere"})
    assert str(caught.value) == (
        "API_KEY_FILE: cannot be read: got /nowhere: no such file or directory; correct it"
    )


def test_what_was_given_before_stays_until_another_value_is_given(tmp_path: Path) -> None:
    for environ, value in (({"API_KEY": "1"}, "1"), ({}, "1"), ({"API_KEY": "2"}, "2")):
        secret_values.take(tmp_path / "s", NAMES, environ)
        assert (tmp_path / "s/ocr/API_KEY").read_text() == value
    secret_values.forget(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_those_of_a_step_are_gone_with_it(tmp_path: Path) -> None:
    with secret_values.taken(tmp_path, "train", ("TOKEN",), {"TOKEN": "x"}) as files:
        assert {name: path.read_text() for name, path in files.items()} == {"TOKEN": "x"}
    assert list(tmp_path.iterdir()) == []
    with (
        pytest.raises(SettingsError, match=r"^steps\.train\.secrets: TOKEN: has no value"),
        secret_values.taken(tmp_path, "train", ("TOKEN",), {}),
    ):
        pass
