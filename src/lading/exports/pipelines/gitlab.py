"""The pipeline as jobs of GitLab CI/CD.

Source: https://docs.gitlab.com/ci/yaml/.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from lading.exports.pipelines.stage import Stage, Wanted, stages

ENGINE = "embedded"
"""The job is root in a container; no Docker Engine is beside it on the same machine."""
IMAGE = "python:3.11-slim-bookworm"
PACKAGES = ("git", "runc", "conmon")
_RELEASES = '[ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]'


def path(_wanted: Wanted) -> PurePosixPath:
    """Where it is looked for, relative to the repository's root."""
    return PurePosixPath(".gitlab-ci.yml")


def text(wanted: Wanted) -> str:
    """The file."""
    all_stages = stages(wanted, ENGINE, "$CI_COMMIT_SHA")
    after = [stage for stage in all_stages if stage.always]
    lines = [
        "# Begun by `lading ci gitlab`; yours from here on.",
        "# Containers are started in the job's own: its runner has to be privileged for that, as",
        "# GitLab's own are. Where none is, leave out what says --engine.",
        "# Variables with keys and passwords have to be protected: merge requests do not get them.",
        "lading:",
        f"  image: {IMAGE}",
        "  timeout: 60 minutes",
        "  rules:",
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
        "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
        "  # Downloads and layers; what is in them is checked by its hash. Only what lies in the",
        "  # repository is cached.",
        "  cache:",
        "    key:",
        f"      files: [{_said((wanted.folder / 'lading.lock').as_posix())}]",
        "    paths: [.lading/cache, .lading/data/store]",
        "  variables:",
        "    LADING_HOME: $CI_PROJECT_DIR/.lading",
        *_registry(wanted),
        "  before_script:",
        f"    - apt-get update && apt-get install -y --no-install-recommends {' '.join(PACKAGES)}",
        "    - mkdir -p .git/info && echo .lading >>.git/info/exclude",
        *_folder(wanted),
        f"    - {_said(f'pip install {shlex.quote(wanted.install)}')}",
        "  script:",
    ]
    for stage in all_stages:
        if not stage.always:
            lines += _script(stage)
    if after:
        lines += ["  after_script:", *_folder(wanted)]
        for stage in after:
            lines += _script(stage)
    return "\n".join(lines) + "\n"


def _registry(wanted: Wanted) -> Iterator[str]:
    """Of the project's own registry, the job's token is the password."""
    host = wanted.app.registry.partition("/")[0]
    if host:
        yield f"    LADING_REGISTRY_HOST: {_said(host)}"
    if host.startswith("registry.gitlab."):
        yield "    LADING_REGISTRY_USER: $CI_REGISTRY_USER"
        yield "    LADING_REGISTRY_PASSWORD: $CI_REGISTRY_PASSWORD"


def _folder(wanted: Wanted) -> Iterator[str]:
    if wanted.folder != PurePosixPath("."):
        yield f"    - cd {shlex.quote(wanted.folder.as_posix())}"


def _script(stage: Stage) -> Iterator[str]:
    yield f"    # {stage.name}. {stage.why}"
    if stage.releases:
        yield "    - |"
        yield f"      if {_RELEASES}; then"
        yield from (f"        {command}" for command in stage.commands)
        yield "      fi"
    else:
        yield from (f"    - {_said(command)}" for command in stage.commands)


def _said(text: str) -> str:
    """A scalar of YAML, which takes every string that JSON has."""
    return json.dumps(text, ensure_ascii=False)
