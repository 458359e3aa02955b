"""Which services a saved file is part of, and which folders are watched for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.cli import watched
from lading.cli.saves import Batch
from lading.settings import read
from lading.settings.app import App

SETTINGS = """\
app: translator
services:
  ocr: {source: ocr, handler: "reader:read", ignore: [notes, "*.log"], requirements: needs.txt}
  de-en: {source: pair, handler: "pair:translate"}
  en-de: {source: pair, handler: "pair:translate", env: {PAIR: en-de}}
  digits: {source: digits, flavour: sklearn, model: model.joblib}
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "lading.yaml").write_text(SETTINGS)
    for file in (
        *("ocr/reader.py", "ocr/needs.txt", "ocr/deep/er/x.py", "ocr/notes/a.py", "pair/pair.py"),
        *("digits/model.joblib", "pair/.git/HEAD", "pair/node_modules/m/m.js", "elsewhere/x.py"),
    ):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return read(tmp_path)


@pytest.mark.parametrize(
    ("file", "services"),
    [
        ("ocr/reader.py", {"ocr"}),
        ("ocr/deep/er/x.py", {"ocr"}),
        ("ocr/deep", {"ocr"}),
        ("ocr/new.py", {"ocr"}),
        ("pair/pair.py", {"de-en", "en-de"}),
        ("digits/model.joblib", {"digits"}),
        ("ocr/notes/a.py", set()),
        ("ocr/run.log", set()),
        ("pair/.git/HEAD", set()),
        ("ocr/__pycache__/reader.cpython-311.pyc", set()),
        ("ocr/.reader.py.swp", set()),
        ("ocr/.env", set()),
        ("elsewhere/x.py", set()),
        ("lading.yaml", set()),
    ],
)
def test_a_file_is_part_of_the_services_in_whose_image_it_lies(
    app: App, file: str, services: set[str]
) -> None:
    assert watched.services_of(app, app.folder / file) == services


@pytest.mark.parametrize(
    ("file", "decides"),
    [
        ("lading.yaml", True),
        ("lading.lock", True),
        ("ocr/needs.txt", True),
        ("pair/requirements.txt", True),
        ("pair/requirements-dev.txt", True),
        ("pair/pyproject.toml", True),
        ("ocr/reader.py", False),
        ("ocr/lading.yaml.bak", False),
    ],
)
def test_settings_and_what_a_lock_is_made_from_concern_all(
    app: App, file: str, decides: bool
) -> None:
    assert watched.decides_settings(app, app.folder / file) is decides


@pytest.mark.parametrize(
    "name",
    ["4913", "reader.py~", ".reader.py.swp", ".#reader.py", "#reader.py#", ".lading.lock.1234"],
)
def test_what_editors_take_away_again_is_not_heard_of(name: str) -> None:
    assert watched.is_temporary(Path("/app") / name)
    assert not watched.is_temporary(Path("/app/reader.py"))


def test_only_folders_that_have_a_part_in_an_image_are_watched(app: App) -> None:
    folders = watched.folders(app)
    assert {path.relative_to(app.folder).as_posix() for path in folders} == {
        *(".", "ocr", "ocr/deep", "ocr/deep/er", "pair", "digits"),
    }


def test_a_folder_that_was_made_anew_is_another(app: App) -> None:
    before = watched.folders(app)
    (app.folder / "ocr/deep/er/x.py").unlink()
    # Kept, so that its inode is not given to the next one.
    (app.folder / "ocr/deep/er").rename(app.folder / "kept")
    (app.folder / "ocr/deep/er").mkdir()
    after = watched.folders(app)
    assert before.keys() == after.keys()
    assert before != after


def test_what_was_not_taken_up_is_taken_up_with_what_comes_next() -> None:
    first = Batch(frozenset({Path("a")}), True, 2.0)
    second = Batch(frozenset({Path("b")}), False, 3.0)
    assert second.after(None) == second
    assert second.after(first) == Batch(frozenset({Path("a"), Path("b")}), True, 3.0)
