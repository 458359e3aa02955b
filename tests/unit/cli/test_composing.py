"""What `lading export compose` refuses before anything is built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lading.building.recipe import Environment, Recipe
from lading.cli import composing
from lading.errors import SettingsError, UsageError
from lading.gateway.route import Listener
from lading.settings.app import App, Service


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "source").mkdir()
    environment = Environment("ocr", "3.11", None)
    recipe = Recipe("reading", "ocr", environment, tmp_path / "source", ignore=("/made/",))
    return App("reading", tmp_path, (Service("ocr", recipe),))


def refused(app: App, folder: str, registry: str | None = None) -> str:
    with pytest.raises((UsageError, SettingsError)) as error:
        composing.checked(app, app.folder / folder, registry)
    return str(error.value).replace(str(app.folder), "")


def test_a_folder_whose_files_would_get_into_an_image(app: App) -> None:
    said = "is inside the source of ocr, and would be in its image from then on"
    assert refused(app, "source/out") == (
        f"/source/out: {said}; write to another folder, or add '/out' to its `ignore`"
    )
    assert refused(app, "source") == f"/source: {said}; write to another folder"


@pytest.mark.parametrize("folder", ["out", "source/made", "source/made/deeper", "source/.venv/x"])
def test_a_folder_beside_the_source_or_ignored_is_fine(app: App, folder: str) -> None:
    assert composing.checked(app, app.folder / folder, None).folder == app.folder / folder


def test_an_app_without_services(app: App) -> None:
    assert refused(replace(app, services=()), "out") == ": the app has no services; declare one"


def test_a_gateway_that_answers_at_a_name(app: App) -> None:
    named = replace(app, listener=Listener("laptop.example.org"))
    assert refused(named, "out") == (
        "gateway.host: a name may be another address on another machine: "
        "expected an IP address, got laptop.example.org; "
        "set gateway.host in lading.yaml to 0.0.0.0 or 127.0.0.1"
    )
    own = replace(app, listener=Listener("localhost", 81))
    assert composing.checked(own, app.folder / "out", None).listener == Listener("127.0.0.1", 81)


@pytest.mark.parametrize("registry", ["https://registry.example.org", "Registry", "a/", "a:b"])
def test_what_is_no_registry(app: App, registry: str) -> None:
    assert refused(app, "out", registry) == (
        "--registry: is not a registry's name: expected a host, a port and a path, "
        f"such as registry.example.org:5000/team, got {registry}"
    )


@pytest.mark.parametrize(
    "registry", ["localhost:5000", "registry.example.org/team/ours", "10.0.0.1"]
)
def test_what_is_a_registry(app: App, registry: str) -> None:
    assert composing.checked(app, app.folder / "out", registry).registry == registry
