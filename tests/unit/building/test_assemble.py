"""What an image tells its container: what is served, and how it is started."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from lading.building.assemble import assemble
from lading.building.graph import Graph
from lading.building.recipe import Environment, Recipe
from lading.stores.layout import Layout
from tests.unit.building.layers.conftest import LOCKED

ENVIRONMENT = Environment("digits", LOCKED.python, None)
SERVER = [f"/usr/bin/python{LOCKED.python}", "/opt/lading/launch.py"]


def _execution(folder: Path, **asked: Any) -> tuple[Any, dict[str, str]]:
    """The entrypoint, and the variables that begin with LADING_."""
    recipe = Recipe("app", "digits", ENVIRONMENT, folder, **asked)
    image = assemble(recipe, LOCKED, [], Layout(folder / "store"))
    settings = image.settings["config"]
    pairs = dict(line.split("=", 1) for line in settings["Env"])
    ours = {name: value for name, value in pairs.items() if name.startswith("LADING_")}
    return settings.get("Entrypoint"), ours


def test_a_handler_is_told_to_the_server(tmp_path: Path) -> None:
    assert _execution(tmp_path, handler="reader:Reader") == (
        SERVER,
        {"LADING_SERVICE": "digits", "LADING_HANDLER": "reader:Reader"},
    )


def test_a_graph_is_told_to_the_server(tmp_path: Path) -> None:
    assert _execution(tmp_path, graph=Graph("{}")) == (
        SERVER,
        {"LADING_SERVICE": "digits", "LADING_GRAPH": "graph.json"},
    )


def test_a_flavour_is_told_to_the_server_with_its_model(tmp_path: Path) -> None:
    models = (PurePosixPath("models/digits.joblib"),)
    assert _execution(tmp_path, flavour="sklearn", models=models) == (
        SERVER,
        {
            "LADING_SERVICE": "digits",
            "LADING_FLAVOUR": "sklearn",
            "LADING_MODEL": "models/digits.joblib",
        },
    )


def test_a_step_runs_its_command_with_no_server(tmp_path: Path) -> None:
    models = (PurePosixPath("weights.bin"),)
    assert _execution(tmp_path, command=("sleep", "1"), models=models) == (
        ["sleep", "1"],
        {"LADING_SERVICE": "digits"},
    )
