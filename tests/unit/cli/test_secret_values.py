"""Where the values of secrets come from, and where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from lading.cli import secret_values
from lading.errors import SettingsError

NAMES = {"ocr": ("API_KEY",)}


def take(folder: Path, names: Mapping[str, Iterable[str]], environ: dict[str, str]) -> None:
    secret_values.write(folder, secret_values.read(folder, names, environ))


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_value_of_the_environment_is_a_file_that_this_user_alone_reaches(tmp_path: Path) -> None:
    folder = tmp_path / "run/secrets"
    environ = {"API_KEY": "v\u00e4lue\n", "OTHER": "x"}
    take(folder, NAMES, environ)
    file = folder / "ocr/API_KEY"
    assert file.read_bytes() == "v\u00e4lue\n".encode()
    # Whoever the container's user is: he has the file, and no way to the folder.
    assert [_mode(path) for path in (folder, file.parent, file)] == [0o700, 0o755, 0o444]
    # What is started later, the controller and the gateway, does not have it.
    assert environ == {"OTHER": "x"}


def test_a_value_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\0\xff\n")
    take(tmp_path / "s", NAMES, {"API_KEY_FILE": str(tmp_path / "key")})
    assert (tmp_path / "s/ocr/API_KEY").read_bytes() == b"\0\xff"


def test_one_without_a_value_is_named_and_none_is_written(tmp_path: Path) -> None:
    names = {"asr": ("A",), "ocr": ("API_KEY",)}
    environ = {"A": "1"}
    with pytest.raises(SettingsError) as caught:
        take(tmp_path / "s", names, environ)
    assert str(caught.value) == (
        "services.ocr.secrets: API_KEY: has no value: expected the variable API_KEY, or "
        "API_KEY_FILE with the path of a file, got neither; set one of them where you call this"
    )
    assert not (tmp_path / "s").exists()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        take(tmp_path / "s", NAMES, {"API_KEY_FILE": "/nowhere"})
    assert str(caught.value) == (
        "API_KEY_FILE: cannot be read: got /nowhere: no such file or directory; correct it"
    )


def test_what_was_given_before_stays_until_another_value_is_given(tmp_path: Path) -> None:
    for environ, value in (({"API_KEY": "1"}, "1"), ({}, "1"), ({"API_KEY": "2"}, "2")):
        take(tmp_path / "s", NAMES, environ)
        assert (tmp_path / "s/ocr/API_KEY").read_text() == value
    secret_values.forget(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_which_of_them_have_another_value_now_is_told(tmp_path: Path) -> None:
    path = tmp_path / "s/ocr/API_KEY"
    told = [secret_values.write(tmp_path / "s", {path: value}) for value in (b"1", b"1", b"2")]
    assert told == [{}, {}, {"ocr": ["API_KEY"]}]


def test_those_of_a_step_are_gone_with_it(tmp_path: Path) -> None:
    with secret_values.taken(tmp_path, "train", ("TOKEN",), {"TOKEN": "x"}) as files:
        assert {name: path.read_text() for name, path in files.items()} == {"TOKEN": "x"}
    assert list(tmp_path.iterdir()) == []
    with (
        pytest.raises(SettingsError, match=r"^steps\.train\.secrets: TOKEN: has no value"),
        secret_values.taken(tmp_path, "train", ("TOKEN",), {}),
    ):
        pass


def test_what_is_in_a_pipe_is_read_once_for_all_that_have_it(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"x\n")
    os.close(theirs)
    names = {"asr": ("API_KEY",), "ocr": ("API_KEY",)}
    take(tmp_path, names, {"API_KEY_FILE": f"/dev/fd/{ours}"})
    os.close(ours)
    assert [(tmp_path / x / "API_KEY").read_text() for x in names] == ["x", "x"]


def test_an_empty_file_is_no_value(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        secret_values.read(tmp_path, NAMES, {"API_KEY_FILE": str(tmp_path / "key")})
    assert str(caught.value) == (
        f"API_KEY_FILE: is empty: got {tmp_path}/key; write the value to it"
    )
    with pytest.raises(SettingsError, match="API_KEY: has no value"):
        secret_values.read(tmp_path, NAMES, {"API_KEY": ""})


def test_nothing_is_written_before_it_is_known_to_be_needed(tmp_path: Path) -> None:
    secret_values.read(tmp_path / "s", NAMES, {"API_KEY": "1"})
    assert not (tmp_path / "s").exists()


def test_a_secret_that_is_new_is_added_and_the_others_are_let_be(tmp_path: Path) -> None:
    take(tmp_path, NAMES, {"API_KEY": "1"})
    secret_values.add(tmp_path, {"ocr": ("API_KEY", "NEW")}, {"API_KEY": "2", "NEW": "3"})
    assert [(tmp_path / "ocr" / x).read_text() for x in ("API_KEY", "NEW")] == ["1", "3"]


def test_those_of_a_run_that_was_killed_go_and_those_of_one_that_goes_on_stay(
    tmp_path: Path,
) -> None:
    killed, runs = tmp_path / "train.4194305", tmp_path / f"other.{os.getppid()}"
    for one in (killed, runs):
        one.mkdir()
    with secret_values.taken(tmp_path, "train", ("TOKEN",), {"TOKEN": "x"}) as files:
        assert not killed.exists()
        secret_values.forget(tmp_path)
        assert files["TOKEN"].read_text() == "x"
    assert list(tmp_path.iterdir()) == [runs]
