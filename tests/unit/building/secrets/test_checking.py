"""Every place that an image gets something of its author's from: a secret there stops the build."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from lading.building.graph import Graph
from lading.building.layers import code, model, source
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.ignore import Ignored
from lading.building.layers.materials import Materials
from lading.building.recipe import Environment, Recipe
from lading.building.secrets import checking, scanning
from lading.building.secrets.remembered import Remembered
from lading.errors import BuildError
from tests.unit.building.layers import conftest
from tests.unit.building.secrets.corpus import FILES, TOKENS

# As fixtures of this module too.
store = conftest.store
own_python = conftest.own_python
materials = conftest.materials
TOKEN = TOKENS["GitHub, classic"][1]
READ = "which everybody who has the image could read"


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    folder = tmp_path / "source"
    folder.mkdir()
    return Recipe("app", "service", Environment("service", conftest.PYTHON, None), folder)


def _make_code(recipe: Recipe, materials: Materials) -> None:
    found = source.walk(recipe.source, Ignored(recipe.ignore))
    wanted = code.wanted(recipe, found, materials, FileHashes(materials.cache, recipe.source))
    assert wanted is not None
    wanted.check()


def _refused(recipe: Recipe, materials: Materials) -> str:
    with pytest.raises(BuildError) as caught:
        _make_code(recipe, materials)
    return str(caught.value)


@pytest.mark.parametrize("name", TOKENS)
def test_a_file_of_the_source_is_named_with_its_line_and_never_the_secret(
    recipe: Recipe, materials: Materials, name: str
) -> None:
    kind, text = TOKENS[name]
    file = recipe.source / "deep/constants.py"
    file.parent.mkdir()
    file.write_text(f"# a file\nX = '''{text}'''\n")
    said = _refused(recipe, materials)
    assert said.startswith(f"{file}:2: holds a")
    assert f'allow_secrets: ["deep/constants.py:{kind}"]' in said
    assert not any(text[at : at + 12] in said for at in range(len(text) - 11))
    assert not materials.store.folder.exists() or not list(
        materials.store.folder.rglob("*sha256/*")
    )


@pytest.mark.parametrize("name", FILES)
def test_files_of_settings_are_searched_by_what_they_are_called(
    recipe: Recipe, materials: Materials, name: str
) -> None:
    file = recipe.source / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(FILES[name][1])
    assert _refused(recipe, materials).startswith(f"{file}:")


def test_the_whole_message(recipe: Recipe, materials: Materials) -> None:
    (recipe.source / "a.py").write_text(f"x = 1\nTOKEN = '{TOKEN}'\n")
    (recipe.source / "key.pem").write_text(TOKENS["RSA key"][1])
    assert _refused(recipe, materials) == (
        f"{recipe.source / 'a.py'}:2: holds a GitHub token, beginning with ghp_\n"
        f"{recipe.source / 'key.pem'}:1: holds a private key\n"
        "everybody who has the image could read them; add the files to `ignore`, or, if they may "
        'be there, allow them: `allow_secrets: ["a.py:github-token", "key.pem:private-key"]`'
    )


@pytest.mark.parametrize(
    ("allowed", "passes"),
    [
        ("a.py", True),
        ("deep", False),
        ("*.py", True),
        ("a.py:github-token", True),
        ("a.py:jwt", False),
        ("b.py", False),
    ],
)
def test_what_is_allowed_by_name_passes(
    recipe: Recipe, materials: Materials, allowed: str, passes: bool
) -> None:
    (recipe.source / "a.py").write_text(f"TOKEN = '{TOKEN}'\n")
    recipe = replace(recipe, allow_secrets=(allowed,))
    if passes:
        _make_code(recipe, materials)
    else:
        assert "holds a GitHub token" in _refused(recipe, materials)


def test_a_secret_in_an_archive_is_named_with_both(recipe: Recipe, materials: Materials) -> None:
    with zipfile.ZipFile(recipe.source / "a.zip", "w") as packed:
        packed.writestr("deep/config.py", f"one\nT = '{TOKEN}'\n")
    said = _refused(recipe, materials)
    assert said.startswith(f"{recipe.source / 'a.zip'}/deep/config.py:2: holds a GitHub token")
    assert said.endswith('`allow_secrets: ["a.zip/deep/config.py:github-token"]`')
    _make_code(replace(recipe, allow_secrets=("a.zip/deep/config.py:github-token",)), materials)


def test_a_folder_may_be_allowed(recipe: Recipe, materials: Materials) -> None:
    (recipe.source / "tests/keys").mkdir(parents=True)
    (recipe.source / "tests/keys/a.pem").write_text(TOKENS["RSA key"][1])
    assert "holds a private key" in _refused(recipe, materials)
    _make_code(replace(recipe, allow_secrets=("tests/",)), materials)


def test_what_was_allowed_is_no_longer_once_it_is_not(recipe: Recipe, materials: Materials) -> None:
    found = source.walk(recipe.source, Ignored())
    (recipe.source / "a.py").write_text(f"TOKEN = '{TOKEN}'\n")
    found = source.walk(recipe.source, Ignored())
    hashes = FileHashes(materials.cache, recipe.source)
    keys = {
        wanted.key()
        for allowed in ((), ("a.py",))
        if (wanted := code.wanted(replace(recipe, allow_secrets=allowed), found, materials, hashes))
    }
    assert len(keys) == 2


@pytest.mark.parametrize("text", [True, False])
def test_a_model_is_searched_while_it_is_stored(
    recipe: Recipe, materials: Materials, text: bool
) -> None:
    content = b"tree\n" * 1000 if text else b"\0\1\2" * 1_000_000
    (recipe.source / "model.bin").write_bytes(content + b"\n" + TOKEN.encode() + b"\n")
    found = source.walk(recipe.source, Ignored())
    models, _ = model.split(found, [PurePosixPath("model.bin")], recipe.source)
    hashes = FileHashes(materials.cache, recipe.source)

    def make(recipe: Recipe) -> None:
        layer = model.wanted(recipe, models, materials, hashes)
        assert layer is not None
        layer.make(lambda _: None)

    with pytest.raises(BuildError) as caught:
        make(recipe)
    where = f"{recipe.source / 'model.bin'}" + (":1002" if text else "")
    assert str(caught.value).startswith(f"{where}: holds a GitHub token, beginning with ghp_, ")
    assert not list((materials.store.folder / "blobs").rglob("*sha256/*"))
    make(replace(recipe, allow_secrets=("model.bin",)))


@pytest.mark.parametrize(
    ("env", "kind"),
    [
        ({"DB_PASSWORD": "hunter2x"}, "password"),
        ({"API_KEY": "0f8e7d6c5b4a"}, "password"),
        ({"DATABASE_URL": "postgres://me:q7Tz1xWv@db.corp/x"}, "url-password"),
        ({"ANYTHING": TOKEN}, "github-token"),
    ],
)
def test_a_value_of_env_is_named_by_its_line_in_lading_yaml(
    recipe: Recipe, env: Mapping[str, str], kind: str
) -> None:
    [(name, value)] = env.items()
    places = {f"env.{name}": f"lading.yaml:7: services.s.env.{name}"}
    with pytest.raises(BuildError) as caught:
        checking.check_settings(replace(recipe, env=env, places=places))
    said = str(caught.value)
    assert said.startswith(f"lading.yaml:7: services.s.env.{name}: holds a")
    assert said.endswith(f'allow it: `allow_secrets: ["env.{name}"]`')
    assert f"give it to the container when it starts, `secrets: [{name}]`, or, if it" in said
    assert value not in said
    checking.check_settings(replace(recipe, env=env, allow_secrets=(f"env.{name}",)))


@pytest.mark.parametrize(
    "env",
    [
        {"TOKENIZERS_PARALLELISM": "false"},
        {"MAX_TOKENS": "512"},
        {"PAD_TOKEN": "0"},
        {"PASSWORD_FILE": "/run/secrets/db"},
        {"API_TOKEN": "/run/secrets/token"},
        {"TESSDATA_PREFIX": "/usr/share/tesseract-ocr/5/tessdata"},
        {"MODEL_URL": "https://example.org/model.bin"},
        {"GREETING": "Dear ${NAME}"},
        {"TEMPLATE": "${NAME}"},
    ],
)
def test_ordinary_variables_are_no_secrets(recipe: Recipe, env: Mapping[str, str]) -> None:
    checking.check_settings(replace(recipe, env=env))


@pytest.mark.parametrize(
    ("name", "value"),
    [("DB_PASSWORD", "${DB_PASSWORD}"), ("DB_PASSWORD", "$OTHER"), ("HOST", "${HOST:-db}")],
)
def test_a_value_that_others_fill_in_is_not_taken_for_one(
    recipe: Recipe, name: str, value: str
) -> None:
    places = {f"env.{name}": f"lading.yaml:7: services.s.env.{name}"}
    with pytest.raises(BuildError) as caught:
        checking.check_settings(replace(recipe, env={name: value}, places=places))
    assert str(caught.value) == (
        f"lading.yaml:7: services.s.env.{name}: no variables are filled in, and the text as it is "
        f"would be in the image: got {value}; write the value, or take it from where `lading up` "
        f"is called: `secrets: [{name}]`"
    )


def test_a_command_and_a_graph_are_searched(recipe: Recipe) -> None:
    command = replace(recipe, command=("serve", "--token", TOKEN))
    graph = replace(recipe, graph=Graph(f'{{"x": "{TOKEN}"}}'))
    for one, name in ((command, "command"), (graph, "graph")):
        with pytest.raises(BuildError) as caught:
            checking.check_settings(
                replace(one, places={name: f"lading.yaml:3: services.s.{name}"})
            )
        assert str(caught.value).startswith(
            f"lading.yaml:3: services.s.{name}: holds a GitHub token, beginning with ghp_, {READ}; "
        )


def test_what_was_searched_is_not_searched_again(
    recipe: Recipe, materials: Materials, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (recipe.source / name).write_text("x = 1\n")
    _make_code(recipe, materials)
    (recipe.source / "b.py").write_text(f"x = '{TOKEN}'\n")
    searched = []
    scan = scanning.scan
    monkeypatch.setattr(
        scanning, "scan", lambda *given: (searched.append(given[1]), scan(*given))[1]
    )
    for _ in range(2):
        assert "b.py:1: holds a GitHub token" in _refused(recipe, materials)
    # What has one is searched each time, so that each build says so.
    assert searched == ["b.py", "b.py"]


def test_other_rules_search_everything_again(tmp_path: Path) -> None:
    remembered = Remembered(tmp_path, tmp_path)
    digest = hashlib.sha256(b"").hexdigest()
    remembered.learn("a", digest)
    remembered.save()
    assert Remembered(tmp_path, tmp_path).is_clean("a", digest)
    [file] = (tmp_path / "secrets").iterdir()
    file.write_text(file.read_text().replace('"rules": "', '"rules": "0'))
    assert not Remembered(tmp_path, tmp_path).is_clean("a", digest)
    file.write_text("half")
    assert not Remembered(tmp_path, tmp_path).is_clean("a", digest)
