"""A whole lading.yaml becomes the domain's values."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from lading.building.recipe import Environment
from lading.engines.engine import Limits
from lading.errors import SettingsError
from lading.gateway.route import Listener
from lading.releases.revision import Batching
from lading.settings import find, read

FULL = """\
app: reader
x-note: anything goes here
services:
  ocr:
    source: ocr
    handler: pages.reader:Reader
    python: "3.13"
    requirements: needs.txt
    packages: [tesseract-ocr, tesseract-ocr]
    model: [weights, words.txt]
    env: {VERBOSE: on, VERSION: 3.10, COUNT: 007, NAME: plain, LADING_LOG_LEVEL: info}
    ignore: ["*.tmp", "!keep.tmp", "*.tmp"]
    resources: {cpu: 0.5, memory: 1.5Gi}
    scale: {min: 3}
    timeout: 2m
    workers: 2
    batching: {max_size: 8, max_wait: 0ms}
    egress: true
steps:
  train:
    command: python3 train.py --name "two words"
    source: ocr
    environment: ocr
    outputs: [weights/, ./words.txt]
  check:
    command: [sleep, 1]
gateway: {host: 0.0.0.0, port: 9000, max_body: 1Mi}
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "ocr" / "pages").mkdir(parents=True)
    (tmp_path / "ocr" / "pages" / "reader.py").touch()
    (tmp_path / "needs.txt").touch()
    (tmp_path / "lading.yaml").write_text(FULL)
    return tmp_path


def test_a_service_has_everything_that_was_written(app: Path) -> None:
    service = read(app).services[0]
    recipe = service.recipe
    assert recipe.environment == Environment("ocr", "3.13", app / "needs.txt", ("tesseract-ocr",))
    assert (recipe.app, recipe.name, recipe.source) == ("reader", "ocr", app / "ocr")
    assert recipe.handler == "pages.reader:Reader"
    assert recipe.models == (PurePosixPath("weights"), PurePosixPath("words.txt"))
    written = {"VERBOSE": "on", "VERSION": "3.10", "COUNT": "007", "NAME": "plain"}
    assert recipe.env == {**written, "LADING_LOG_LEVEL": "info"}
    assert recipe.ignore == ("*.tmp", "!keep.tmp", "*.tmp")
    assert service.limits == Limits(cpu=0.5, memory_bytes=1536 * 1024**2)
    assert (service.replicas, service.timeout_seconds, service.egress) == (3, 120.0, True)
    assert (service.workers, service.batching) == (2, Batching(8, 0.0))


def test_a_step_shares_the_environment_it_names(app: Path) -> None:
    found = read(app)
    step = found.steps[0]
    assert step.recipe.environment is found.services[0].recipe.environment
    assert step.recipe.command == ("python3", "train.py", "--name", "two words")
    assert step.outputs == (PurePosixPath("weights"), PurePosixPath("words.txt"))
    assert found.steps[1].recipe.command == ("sleep", "1")
    assert [x.name for x in found.environments] == ["ocr", "check"]


def test_the_gateway_is_a_listener(app: Path) -> None:
    assert read(app).listener == Listener("0.0.0.0", 9000, 1024**2)


def test_what_is_not_written_has_its_default(tmp_path: Path) -> None:
    (tmp_path / "lading.yaml").write_text("app: a\nservices: {b: {handler: c:d}}\n")
    (tmp_path / "c.py").touch()
    app = read(tmp_path)
    service = app.services[0]
    assert service.recipe.environment == Environment("b", "3.11", None, ())
    assert service.recipe.source == tmp_path
    assert (service.limits, service.replicas, service.egress) == (Limits(), 1, False)
    assert (service.workers, service.batching) == (1, Batching(64, 0.002))
    assert app.listener == Listener()


@pytest.mark.parametrize(
    ("there", "used"),
    [
        ({"requirements.txt": ""}, "requirements.txt"),
        ({"requirements.txt": "", "pyproject.toml": "[project]\n"}, "pyproject.toml"),
        ({"requirements.txt": "", "pyproject.toml": "[tool.ruff]\n"}, "requirements.txt"),
        ({"requirements.txt": "", "pyproject.toml": "[project]\n", "uv.lock": ""}, "uv.lock"),
    ],
)
def test_the_most_exact_requirements_are_used(
    tmp_path: Path, there: dict[str, str], used: str
) -> None:
    (tmp_path / "lading.yaml").write_text("app: a\nservices: {b: {handler: c:d}}\n")
    (tmp_path / "c.py").touch()
    for name, content in there.items():
        (tmp_path / name).write_text(content)
    assert read(tmp_path).services[0].recipe.environment.requirements == tmp_path / used


def test_merge_keys_and_anchors_are_followed(tmp_path: Path) -> None:
    (tmp_path / "lading.yaml").write_text(
        "app: a\nx-usual: &usual {handler: c:d, egress: true}\n"
        "services:\n  b: *usual\n  e:\n    <<: *usual\n    egress: false\n"
    )
    (tmp_path / "c.py").touch()
    services = read(tmp_path).services
    assert [(x.name, x.recipe.handler, x.egress) for x in services] == [
        ("b", "c:d", True),
        ("e", "c:d", False),
    ]


def test_lading_yaml_is_found_from_below(app: Path) -> None:
    assert find(app / "ocr" / "pages") == app
    assert read(app / "ocr" / "pages").folder == app


def test_outside_an_app_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        find(tmp_path)
    assert str(caught.value) == "no lading.yaml here or above; run `lading init`"
