from __future__ import annotations

import os
import time
from pathlib import Path, PurePosixPath

import pytest

from lading.building.layers import model, source
from lading.building.layers.cache import LayerCache
from lading.building.layers.file_hashes import FileHashes
from lading.building.layers.ignore import Ignored
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import Wanted
from lading.building.recipe import Environment, Recipe
from lading.errors import BuildError
from lading.oci import media_types

BYTES = 40_000_000


def _transferred() -> tuple[int, int]:
    """Bytes this process has read and written, by whatever call (proc(5), /proc/pid/io)."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"]), int(fields["wchar"])


def _wanted(folder: Path, materials: Materials, hashes: FileHashes) -> Wanted:
    found, _ = model.split(source.walk(folder, Ignored()), [PurePosixPath("model.bin")], folder)
    recipe = Recipe("app", "service", Environment("service", "3.11", None), folder)
    layer = model.wanted(recipe, found, materials, hashes)
    assert layer is not None
    return layer


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "model.bin").write_bytes(os.urandom(BYTES))
    return folder


def test_its_key_is_known_before_it_is_made_once_its_files_were_asked_for(
    app: Path, materials: Materials, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _wanted(app, materials, FileHashes(materials.cache, app))
    made.make(lambda _: None)
    foreseen = _wanted(app, materials, FileHashes(materials.cache, app))
    assert foreseen.key() is None
    assert all(foreseen.files().values())
    assert foreseen.key() == made.key() is not None
    monkeypatch.setattr(model, "READ_BYTES", BYTES - 1)
    large = _wanted(app, materials, FileHashes(materials.cache, app))
    assert large.files() == {"model.bin": ""}
    assert large.key() is None


def test_a_model_is_read_once_and_written_once(app: Path, materials: Materials) -> None:
    time.sleep(0.1)  # a file this young might change without showing it
    hashes = FileHashes(materials.cache, app)
    layers = LayerCache(materials.cache, materials.store)
    read, written = _transferred()
    layer = _wanted(app, materials, hashes)
    assert layer.key() is None
    made = layer.make(lambda _: None)
    key = layer.key()
    assert key is not None
    layers.keep(key, made)
    hashes.save()
    read_after, written_after = _transferred()
    assert BYTES <= read_after - read < BYTES * 1.01
    assert BYTES <= written_after - written < BYTES * 1.01
    assert made.descriptor.media_type == media_types.LAYER
    assert made.descriptor.digest == made.diff_id


def test_a_model_that_did_not_change_is_not_read_again(app: Path, materials: Materials) -> None:
    time.sleep(0.1)
    layers = LayerCache(materials.cache, materials.store)
    hashes = FileHashes(materials.cache, app)
    layer = _wanted(app, materials, hashes)
    made = layer.make(lambda _: None)
    layers.keep(layer.key() or "", made)
    hashes.save()
    read, written = _transferred()
    key = _wanted(app, materials, FileHashes(materials.cache, app)).key()
    assert key is not None
    assert layers.find(key) == made
    read_after, written_after = _transferred()
    assert read_after - read < 100_000
    assert written_after - written < 100_000


@pytest.mark.parametrize("how", ["written over", "put in its place", "grown"])
def test_a_model_that_changes_while_it_is_read_is_named(
    app: Path, materials: Materials, how: str
) -> None:
    model_file = app / "model.bin"
    layer = _wanted(app, materials, FileHashes(materials.cache, app))
    told = []

    def heard(count: int) -> None:
        if not told and how == "put in its place":
            model_file.rename(app / "before")
            model_file.write_bytes(bytes(BYTES))
        elif not told:
            with model_file.open("r+b") as file:
                file.seek(-10, os.SEEK_END)
                file.write(bytes(10 if how == "written over" else 20))
        told.append(count)

    with pytest.raises(BuildError) as caught:
        layer.make(heard)
    assert str(caught.value) == (
        f"{model_file}: changed while it was built; build again once nothing writes to it"
    )


def test_folders_of_models_are_parted_from_the_code(tmp_path: Path) -> None:
    for path in ("models/a/w.bin", "models/w.bin", "models.py", "main.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = source.walk(tmp_path, Ignored())
    inside, rest = model.split(found, [PurePosixPath("models")], tmp_path)
    assert [one.path for one in inside] == [
        *("models", "models/a", "models/a/w.bin", "models/w.bin"),
    ]
    assert [one.path for one in rest] == ["main.py", "models.py"]


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        model.split([], [PurePosixPath("out/model.joblib")], tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'out/model.joblib'}: there is no such model file; "
        "train it (`lading run`), or correct the name in lading.yaml"
    )


def _flavoured(folder: Path, flavour: str, path: str) -> None:
    environment = Environment("digits", "3.11", None)
    models = (PurePosixPath(path),)
    recipe = Recipe("app", "digits", environment, folder, flavour=flavour, models=models)
    inside, _ = model.split(source.of(recipe), models, folder)
    model.check_flavour(recipe, inside)


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    """A file, a folder, an MLflow model, and a link to that."""
    for name in ("model.onnx", "weights/part.bin", "saved/MLmodel"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("saved")
    return tmp_path


@pytest.mark.parametrize(
    ("flavour", "path", "said"),
    [
        (
            "mlflow",
            "weights",
            "expected a folder with a file MLmodel, got a folder; correct `model` or `flavour`",
        ),
        (
            "mlflow",
            "model.onnx",
            "expected a folder with a file MLmodel, got a file; correct `model` or `flavour`",
        ),
        ("onnx", "weights", "expected a file, got a folder; correct `model` or `flavour`"),
        ("sklearn", "saved", "expected a file, got a folder; write `flavour: mlflow`"),
    ],
)
def test_a_model_that_its_flavour_cannot_load(
    kinds: Path, flavour: str, path: str, said: str
) -> None:
    with pytest.raises(BuildError) as caught:
        _flavoured(kinds, flavour, path)
    assert str(caught.value) == (
        f"{kinds / path}: is no model that `flavour: {flavour}` loads: {said}"
    )


@pytest.mark.parametrize(
    ("flavour", "path"), [("onnx", "model.onnx"), ("mlflow", "saved"), ("mlflow", "link")]
)
def test_a_model_that_its_flavour_may_load(kinds: Path, flavour: str, path: str) -> None:
    _flavoured(kinds, flavour, path)
