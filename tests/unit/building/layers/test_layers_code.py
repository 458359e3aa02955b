"""The code layer, and what may not be in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.building.layers import code, source
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.ignore import Ignored
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import Wanted
from lading.building.recipe import Environment, Recipe
from lading.errors import BuildError, SettingsError
from tests.unit.building.layers.conftest import PYTHON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.mkdir()
    return path


def _wanted(folder: Path, materials: Materials, *ignore: str) -> Wanted:
    recipe = Recipe("app", "service", Environment("service", PYTHON, None), folder)
    found = source.walk(folder, Ignored(ignore))
    wanted = code.wanted(recipe, found, materials, FileHashes(materials.cache, folder))
    assert wanted is not None
    return wanted


def test_a_file_that_changes_while_it_is_built_is_named(folder: Path, materials: Materials) -> None:
    file = folder / "a.py"
    file.write_text("a = 1\n")
    wanted = _wanted(folder, materials)
    wanted.key()
    file.write_text("a = 2\n")
    with pytest.raises(BuildError) as caught:
        wanted.make(lambda _: None)
    assert str(caught.value) == (
        f"{file}: changed while it was built; build again once nothing writes to it"
    )


def test_a_layer_is_kept_under_what_it_was_made_of(folder: Path, materials: Materials) -> None:
    file = folder / "a.py"
    file.write_text("a = 1\n")
    wanted = _wanted(folder, materials)
    key = wanted.key()
    wanted.make(lambda _: None)
    file.write_text("a = 2\n")
    assert wanted.key() == key
    assert _wanted(folder, materials).key() != key


def _served(folder: Path, materials: Materials, handler: str) -> Wanted | None:
    recipe = Recipe("app", "service", Environment("service", PYTHON, None), folder, handler)
    found = source.walk(folder, Ignored())
    return code.wanted(recipe, found, materials, FileHashes(materials.cache, folder))


def test_a_handler_is_checked_before_its_layer_is_made(folder: Path, materials: Materials) -> None:
    (folder / "a.py").write_text("def good(x: int): ...\ndef bad(x): ...\n")
    good, bad = (_served(folder, materials, f"a:{name}") for name in ("good", "bad"))
    assert good is not None and bad is not None
    good.check()
    with pytest.raises(SettingsError) as caught:
        bad.check()
    assert str(caught.value) == (
        f"{folder / 'a.py'}:2: parameter 'x' of predict has no type; add one, such as 'x: str'"
    )
    # A layer that is there was checked for the handler that is in its key.
    assert good.key() != bad.key()


def test_a_handler_in_a_folder_without_files_is_refused(folder: Path, materials: Materials) -> None:
    with pytest.raises(SettingsError, match="the module of the handler a:b is not in the source"):
        _served(folder, materials, "a:b")


CREDENTIAL = "a URL holds a credential, and the file would be in the image"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "six\n--index-url https://me:word@example.org/simple\n"),
        ("requirements-gpu.txt", "\n--extra-index-url=https://ghp_0123456789@example.org/simple\n"),
        ("uv.toml", '[[index]]\nurl = "http://me:word@localhost/simple"\n'),
        ("deep/pyproject.toml", '[[tool.uv.index]]\nurl = "https://${ME}:word@example.org/"\n'),
    ],
)
def test_a_credential_never_enters_an_image(
    folder: Path, materials: Materials, name: str, text: str
) -> None:
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    with pytest.raises(BuildError) as caught:
        _wanted(folder, materials)
    assert str(caught.value) == (
        f"{file}:2: {CREDENTIAL}; keep the credential in ~/.netrc or in the settings of pip or uv, "
        "or add the file to `ignore`"
    )
    (folder / "main.py").touch()
    _wanted(folder, materials, name)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/simple",
        "https://${ME}:${WORD}@example.org/simple",
        "https://oauth2accesstoken@example.org/simple",
        "https://example.org/a@1.0",
        "mailto:me@example.org",
    ],
)
def test_a_url_that_lets_nobody_in_may_stay(folder: Path, materials: Materials, url: str) -> None:
    (folder / "requirements.txt").write_text(f"--index-url {url}\n")
    _wanted(folder, materials)
