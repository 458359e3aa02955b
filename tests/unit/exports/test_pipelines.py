"""What the files for GitHub Actions and GitLab CI/CD say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from lading.cli.main import cli
from lading.exports.pipelines import github, gitlab
from lading.exports.pipelines.stage import Wanted
from lading.settings import read

SETTINGS = """\
app: demo
services:
  digits:
    source: service
    handler: digits:predict
    model: model.joblib
steps:
  train:
    environment: digits
    source: service
    command: [python3, train.py]
    outputs: [model.joblib]
  report:
    environment: digits
    source: service
    command: [python3, report.py]
    outputs: [report.html]
"""
REGISTRY = "registry: registry.example.org:5000/team\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    service = tmp_path / "service"
    service.mkdir()
    (service / "digits.py").write_text("def predict(text: str) -> str:\n    return text\n")
    return tmp_path


def wanted(at: Path, settings: str = SETTINGS + REGISTRY, **changes: Any) -> Wanted:
    (at / "lading.yaml").write_text(settings)
    values = {"install": "lading==1.2.3", "folder": PurePosixPath("."), **changes}
    return Wanted(read(at), **values)


def runs(document: dict[str, Any]) -> dict[str, str]:
    """The shell of each named step of a workflow."""
    steps = document["jobs"]["image"]["steps"]
    return {one["name"]: one["run"].strip() for one in steps if "run" in one}


def test_github_locks_builds_verifies_tests_signs_and_pushes(folder: Path) -> None:
    document = yaml.safe_load(github.text(wanted(folder)))
    assert runs(document) == {
        "Install Lading": "pip install lading==1.2.3",
        "Lock": "git cat-file -e HEAD:./lading.lock\nlading lock\n"
        "git diff --exit-code -- lading.lock",
        "Run train": "[ -e service/model.joblib ] || lading run --engine docker train",
        "Build": "lading build",
        "Verify": "lading verify",
        "Test": "lading up --detach --engine docker",
        "Stop": "lading logs digits || true\nlading down",
        "Sign": 'if [ -n "$LADING_SIGNING_KEY" ]; then '
        "lading sign --key env://LADING_SIGNING_KEY; fi",
        "Push": 'lading push --tag "${GITHUB_SHA}"\nlading push',
    }
    assert document["permissions"] == {}
    assert document["jobs"]["image"]["permissions"] == {"contents": "read"}


def test_lading_comes_from_where_it_is_said(folder: Path) -> None:
    at = wanted(folder, install="lading @ git+https://git.example.org/x@0a1b2c")
    command = "pip install 'lading @ git+https://git.example.org/x@0a1b2c'"
    assert runs(yaml.safe_load(github.text(at)))["Install Lading"] == command
    assert command in yaml.safe_load(gitlab.text(at))["lading"]["before_script"]


def test_secrets_are_given_to_what_needs_them_alone(folder: Path) -> None:
    steps = yaml.safe_load(github.text(wanted(folder)))["jobs"]["image"]["steps"]
    given = {one["name"]: one["env"] for one in steps if "env" in one}
    assert given == {
        "Sign": {
            "LADING_SIGNING_KEY": "${{ secrets.LADING_SIGNING_KEY }}",
            "COSIGN_PASSWORD": "${{ secrets.COSIGN_PASSWORD }}",
        },
        "Push": {
            "LADING_REGISTRY_HOST": "registry.example.org:5000",
            "LADING_REGISTRY_USER": "${{ secrets.LADING_REGISTRY_USER }}",
            "LADING_REGISTRY_PASSWORD": "${{ secrets.LADING_REGISTRY_PASSWORD }}",
        },
    }
    only = {one["name"]: one["if"] for one in steps if "if" in one}
    assert only["Push"] == only["Sign"]
    assert "default_branch" in only["Push"]
    assert only["Stop"] == "always()"


def test_what_starts_the_app_is_given_its_secrets(folder: Path) -> None:
    settings = SETTINGS.replace("    model:", "    secrets: [API_KEY]\n    model:", 1)
    settings = settings.replace(
        "    outputs: [model", "    secrets: [DATA_KEY]\n    outputs: [model"
    )
    steps = yaml.safe_load(github.text(wanted(folder, settings)))["jobs"]["image"]["steps"]
    assert {one["name"]: one["env"] for one in steps if "env" in one} == {
        "Run train": {"DATA_KEY": "${{ secrets.DATA_KEY }}"},
        "Test": {"API_KEY": "${{ secrets.API_KEY }}"},
    }


@pytest.mark.parametrize(
    ("install", "told"),
    [
        (
            "vendor/lading.whl",
            "vendor/lading.whl is no file of this repository: put the wheel there, and commit it",
        ),
        (
            "git+https://git.example.org/x",
            "git+https://git.example.org/x names no commit: end it with @COMMIT, or it is whatever "
            "is there that day",
        ),
        ("git+https://git.example.org/x@0a1b2c3", None),
        ("lading==1.2.3", None),
    ],
)
def test_what_is_left_to_do_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, install: str, told: str | None
) -> None:
    settings = SETTINGS.replace("    model:", "    secrets: [API_KEY]\n    model:", 1)
    (folder / "lading.yaml").write_text(settings)
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(cli, ["ci", "github", "--lading", install])
    assert done.output.splitlines()[1:] == [
        *([told] if told else []),
        "the app has to be given API_KEY there, by the repository's secrets or variables",
        "it pushes nothing: lading.yaml names no `registry`",
    ]


def test_githubs_own_registry_takes_the_workflows_token(folder: Path) -> None:
    settings = f"{SETTINGS}registry: ghcr.io/team\n"
    document = yaml.safe_load(github.text(wanted(folder, settings)))
    permissions = document["jobs"]["image"]["permissions"]
    assert permissions == {"contents": "read", "packages": "write"}
    push = document["jobs"]["image"]["steps"][-1]
    assert push["env"]["LADING_REGISTRY_PASSWORD"] == "${{ secrets.GITHUB_TOKEN }}"


def test_gitlab_does_the_same_in_one_job(folder: Path) -> None:
    document = yaml.safe_load(gitlab.text(wanted(folder, test="pytest tests")))
    job = document["lading"]
    assert job["script"][:7] == [
        "git cat-file -e HEAD:./lading.lock",
        "lading lock",
        "git diff --exit-code -- lading.lock",
        "[ -e service/model.joblib ] || lading run --engine embedded train",
        "lading build",
        "lading verify",
        "lading up --detach --engine embedded",
    ]
    assert job["script"][7] == "pytest tests"
    assert 'lading push --tag "$CI_COMMIT_SHA"' in job["script"][-1]
    assert job["after_script"] == ["lading logs digits || true", "lading down"]


def test_an_app_below_the_top_is_worked_on_in_its_folder(folder: Path) -> None:
    below = wanted(folder, folder=PurePosixPath("apps/my demo"))
    job = yaml.safe_load(github.text(below))["jobs"]["image"]
    assert job["defaults"]["run"]["working-directory"] == "apps/my demo"
    assert "hashFiles('apps/my demo/lading.lock')" in github.text(below)
    # What pip installs may be named by a path from there.
    before = yaml.safe_load(gitlab.text(below))["lading"]["before_script"]
    assert before[-2:] == ["cd 'apps/my demo'", "pip install lading==1.2.3"]


def test_without_a_registry_nothing_is_signed_or_pushed(folder: Path) -> None:
    names = runs(yaml.safe_load(github.text(wanted(folder, SETTINGS))))
    assert not {"Sign", "Push"} & names.keys()
    assert "push" not in gitlab.text(wanted(folder, SETTINGS))


def test_a_test_of_several_lines_stays_one_step(folder: Path) -> None:
    several = wanted(folder, test="pytest tests\n\necho done")
    asked = runs(yaml.safe_load(github.text(several)))["Test"]
    assert asked == "lading up --detach --engine docker\npytest tests\n\necho done"
    script = yaml.safe_load(gitlab.text(several))["lading"]["script"]
    assert script[7] == "pytest tests\n\necho done"


def test_githubs_actions_are_named_by_commit_and_only_two_branches_run_it(folder: Path) -> None:
    document = yaml.safe_load(github.text(wanted(folder)))
    job = document["jobs"]["image"]
    used = [one["uses"] for one in job["steps"] if "uses" in one]
    assert [one.partition("@")[0] for one in used] == [
        "actions/checkout",
        "actions/setup-python",
        "actions/cache",
    ]
    assert all(re.fullmatch("[0-9a-f]{40}", one.partition("@")[2]) for one in used)
    assert job["steps"][0]["with"] == {"persist-credentials": False}
    assert document[True] == {"pull_request": None, "push": None}
    assert "default_branch" in job["if"]


@pytest.mark.parametrize("host", ["ghcr.io", "registry.example.org:5000"])
def test_an_audit_of_workflows_finds_nothing_in_it(host, folder: Path) -> None:
    (folder / ".github" / "workflows").mkdir(parents=True)
    path = folder / ".github" / "workflows" / "lading.yaml"
    path.write_text(github.text(wanted(folder, f"{SETTINGS}registry: {host}/team\n")))
    command = ["zizmor", "--offline", "--no-config", "--persona", "pedantic", "--format", "json"]
    program = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [program, *command[1:], path], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout) == [], done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("made", "schema"), [(github, "vendor.github-workflows"), (gitlab, "vendor.gitlab-ci")]
)
def test_the_file_is_what_its_services_schema_asks_for(made, schema, folder: Path) -> None:
    path = folder / "pipeline.yaml"
    path.write_text(made.text(wanted(folder, test='pytest -k "a or b"')))
    command = ["-m", "check_jsonschema", "--builtin-schema", schema, "--output-format", "json"]
    done = subprocess.run(
        [sys.executable, *command, str(path)], capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout)["status"] == "ok", done.stdout
