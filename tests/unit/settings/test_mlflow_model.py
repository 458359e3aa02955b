"""What an MLflow model's folder says of its environment, and what the service's own word is."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from lading.building.recipe import Environment, ServedModel
from lading.errors import SettingsError
from lading.settings import read

MODEL = ServedModel("mlflow", PurePosixPath("model"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "service" / "model"
    model.mkdir(parents=True)
    (model / "MLmodel").touch()
    (model / "requirements.txt").write_text("mlflow==3.1.0\nscikit-learn==1.7.0\n")
    _python(tmp_path, "3.13.2")
    return tmp_path


def _python(folder: Path, version: str) -> None:
    text = f"python: {version}\nbuild_dependencies:\n- pip==25.0\ndependencies:\n- -r x.txt\n"
    (folder / "service" / "model" / "python_env.yaml").write_text(text)


def _environment(folder: Path, *keys: str) -> Environment:
    lines = "".join(f"    {key}\n" for key in ("flavour: mlflow", "model: model", *keys))
    head = "app: a\nservices:\n  digits:\n    source: service\n"
    (folder / "lading.yaml").write_text(head + lines)
    return read(folder).services[0].recipe.environment


def _said(folder: Path, *keys: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _environment(folder, *keys)
    return str(caught.value)


@pytest.mark.parametrize("keys", [(), ('python: "3.13"',)])
def test_a_model_brings_its_requirements_and_its_python(folder: Path, keys: tuple[str]) -> None:
    (folder / "service" / "requirements.txt").write_text("pytest\n")
    assert _environment(folder, *keys) == Environment(
        "digits", "3.13", folder / "service/model/requirements.txt", (), MODEL
    )


def test_requirements_of_the_services_own_stand_for_themselves(folder: Path) -> None:
    (folder / "mine.txt").touch()
    assert _environment(folder, "requirements: mine.txt") == Environment(
        "digits", "3.11", folder / "mine.txt", (), MODEL
    )


def test_another_python_than_the_models_is_refused_with_both(folder: Path) -> None:
    assert _said(folder, 'python: "3.11"') == (
        "lading.yaml:7: services.digits.python: the MLflow model was saved with another Python: "
        'expected "3.13", as its python_env.yaml says, got "3.11"; '
        "correct it, or give the service `requirements` of its own"
    )


def test_a_python_that_no_image_has_is_refused(folder: Path) -> None:
    _python(folder, "3.12.1")
    assert _said(folder) == (
        "lading.yaml:6: services.digits.model: the MLflow model was saved with Python 3.12, which "
        "no image has: expected one of 3.9, 3.11, 3.13; save it with one of these, or write "
        "`python` and `requirements` for it"
    )


def test_a_version_is_text_though_it_looks_like_a_number(folder: Path) -> None:
    _python(folder, "3.10")
    assert "saved with Python 3.10, which" in _said(folder)


@pytest.mark.parametrize(("version", "came"), [("many", "many"), ("[3]", "something else")])
def test_what_is_no_version_is_named_with_its_line(folder: Path, version: str, came: str) -> None:
    _python(folder, version)
    assert _said(folder) == (
        f"service/model/python_env.yaml:1: python: expected a version such as 3.11.9, got {came}"
    )


def test_a_model_that_is_not_there_yet_brings_nothing(folder: Path) -> None:
    for path in (folder / "service" / "model").iterdir():
        path.unlink()
    assert _environment(folder) == Environment("digits", "3.11", None, (), MODEL)
