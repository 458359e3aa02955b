"""`base`, `image` and what goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.building.recipe import Environment
from lading.errors import SettingsError
from lading.releases.revision import Foreign, Http
from lading.settings.reader import read


def app(folder: Path, *keys: str) -> None:
    lines = "".join(f"    {key}\n" for key in keys)
    (folder / "lading.yaml").write_text(f"app: a\nservices:\n  web:\n{lines}")
    (folder / "c.py").write_text("class D: ...\n")


def test_an_image_of_a_service_has_an_environment_of_its_own_and_no_python(tmp_path) -> None:
    app(tmp_path, "image: team/web:1", "command: [serve, now]", "env: {B: 2, A: x}", "port: 8080")
    (service,) = read(tmp_path).services
    assert service.recipe.environment == Environment(
        "web", "", None, base="team/web:1", foreign=True
    )
    assert service.foreign == Foreign("", ("serve", "now"), (("A", "x"), ("B", "2")))
    assert (service.http, service.recipe.is_served) == (Http(8080, "/healthz"), False)


def test_a_base_says_which_python_unless_the_service_does(tmp_path) -> None:
    app(tmp_path, "handler: c:D", "base: python:3.12-slim")
    assert read(tmp_path).environments[0].python == ""
    app(tmp_path, "handler: c:D", "base: python:3.12-slim", 'python: "3.12"')
    environment = read(tmp_path).environments[0]
    assert (environment.python, environment.base) == ("3.12", "python:3.12-slim")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (
            ["handler: c:D", 'python: "3.12"'],
            '5: services.web.python: expected "3.9", "3.11" or "3.13", got "3.12"; choose one of '
            "Debian's, or a `base` with it, such as python:3.12-slim",
        ),
        (
            ["handler: c:D", "base: Team/Web"],
            '5: services.web.base: expected an image of a registry, such as "python:3.12-slim" or '
            '"ghcr.io/team/name@sha256:…", got "Team/Web"',
        ),
        (
            ["image: team/web", "packages: [curl]"],
            "5: services.web.packages: says nothing to an image that is run as it is; remove it",
        ),
        (
            ["image: team/web", "base: team/web"],
            "5: services.web.base: says nothing to an image that is run as it is; remove it",
        ),
        (
            ["image: team/web", "workers: 2"],
            "5: services.web.workers: says nothing to an image that is run as it is; remove it",
        ),
        (
            ["image: team/web", "handler: c:D"],
            "4: services.web.image: a handler serves this service already; remove `image`, or "
            "`handler`",
        ),
        (
            ["image: team/web", 'user: "0"'],
            '5: services.web.user: expected a user, and a group, in numbers: "1000" or '
            '"1000:1000", and not root\'s, got "0"',
        ),
        (
            ["handler: c:D", 'user: "1000"'],
            "5: services.web.user: is for an `image`, and this service has none; remove it: what "
            "is built never runs as root",
        ),
        (
            ["handler: c:D", "port: 8000"],
            "5: services.web.port: is for a `command` or an `image`, and this service has none; "
            "remove it",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, keys, text) -> None:
    app(tmp_path, *keys)
    with pytest.raises(SettingsError) as refused:
        read(tmp_path)
    assert str(refused.value) == f"lading.yaml:{text}"
