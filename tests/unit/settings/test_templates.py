"""`lading init` writes apps that can be read at once, and overwrites nothing."""

from __future__ import annotations

import compileall
from pathlib import Path

import pytest

from lading.errors import SettingsError, UsageError
from lading.settings import read, templates


def test_there_are_two() -> None:
    assert templates.names() == ["hello", "sklearn"]


@pytest.mark.parametrize("name", ["hello", "sklearn"])
def test_a_template_is_a_valid_app(tmp_path: Path, name: str) -> None:
    files = templates.write(name, tmp_path / "new")
    app = read(tmp_path / "new")
    assert len(app.services) == 1
    assert Path("lading.yaml") in files
    assert sorted(x.relative_to(tmp_path / "new") for x in _files(tmp_path / "new")) == files
    assert compileall.compile_dir(tmp_path, quiet=1)


def test_the_files_are_named_in_order(tmp_path: Path) -> None:
    assert templates.write("hello", tmp_path) == [Path("hello.py"), Path("lading.yaml")]


def test_nothing_is_overwritten_and_nothing_else_written(tmp_path: Path) -> None:
    (tmp_path / "lading.yaml").write_text("mine")
    with pytest.raises(SettingsError) as caught:
        templates.write("hello", tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: would overwrite lading.yaml; choose another folder, or move them away"
    )
    assert [x.name for x in _files(tmp_path)] == ["lading.yaml"]
    assert (tmp_path / "lading.yaml").read_text() == "mine"


def test_an_unknown_template_is_answered_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        templates.write("sklern", tmp_path)
    assert str(caught.value) == (
        "no template is named sklern: expected one of hello, sklearn; did you mean sklearn?"
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as caught:
        templates.write("hello", tmp_path / "file")
    assert str(caught.value) == f"{tmp_path / 'file'}: cannot be written: File exists"


def _files(folder: Path) -> list[Path]:
    return [x for x in folder.rglob("*") if x.is_file()]
