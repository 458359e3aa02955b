"""The pipeline as a workflow of GitHub Actions.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from lading.exports.pipelines.stage import Stage, Wanted, stages

ENGINE = "docker"
"""Its machines have a Docker Engine, and let no ordinary user make namespaces."""
_TOKENS_REGISTRY = "ghcr.io"
"""To which the workflow's own token is a password."""
_DEFAULT = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
_RELEASES = f"github.event_name == 'push' && {_DEFAULT}"
_CHECKOUT = "actions/checkout@d23441a48e516b6c34aea4fa41551a30e30af803 # v6.1.0"
_SETUP_PYTHON = "actions/setup-python@ece7cb06caefa5fff74198d8649806c4678c61a1 # v6.3.0"
_CACHE = "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5"
"""A tag may be moved to another commit, a commit stays what it is."""


def path(wanted: Wanted) -> PurePosixPath:
    """Where it is looked for, relative to the repository's root."""
    return PurePosixPath(".github/workflows", f"lading-{wanted.app.name}.yaml")


def text(wanted: Wanted) -> str:
    """The file."""
    host = wanted.app.registry.partition("/")[0]
    lines = [
        "# Begun by `lading ci github`; yours from here on.",
        f"name: {_said(f'Lading: {wanted.app.name}')}",
        "on:",
        "  pull_request:",
        "  push:",
        "permissions: {}",
        "concurrency:",
        "  group: ${{ github.workflow }}-${{ github.ref }}",
        "  cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
        "jobs:",
        "  image:",
        "    name: Image",
        "    # Once for each change: other branches are looked at when they ask to be merged.",
        f"    if: github.event_name == 'pull_request' || {_DEFAULT}",
        "    permissions:",
        "      contents: read # to check out",
        *(["      packages: write # to push"] if host == _TOKENS_REGISTRY else []),
        "    runs-on: ubuntu-24.04",
        "    timeout-minutes: 60",
        *_folder(wanted),
        "    steps:",
        *_ready(wanted),
    ]
    for stage in stages(wanted, ENGINE, "${GITHUB_SHA}"):
        lines += _step(stage, host)
    return "\n".join(lines) + "\n"


def _folder(wanted: Wanted) -> Iterator[str]:
    if wanted.folder != PurePosixPath("."):
        yield "    defaults:"
        yield "      run:"
        yield f"        working-directory: {_said(wanted.folder.as_posix())}"


def _ready(wanted: Wanted) -> Iterator[str]:
    lock = (wanted.folder / "lading.lock").as_posix()
    yield f"      - uses: {_CHECKOUT}"
    yield "        with: {persist-credentials: false}"
    yield f"      - uses: {_SETUP_PYTHON}"
    yield '        with: {python-version: "3.11"}'
    yield "      # Downloads and layers; what is in them is checked by its hash."
    yield f"      - uses: {_CACHE}"
    yield "        with:"
    yield "          path: |"
    yield "            ~/.cache/lading"
    yield "            ~/.local/share/lading/store"
    yield f"          key: lading-${{{{ runner.os }}}}-${{{{ hashFiles({_literal(lock)}) }}}}"
    yield "          restore-keys: lading-${{ runner.os }}-"
    yield "      - name: Install Lading"
    yield f"        run: {_said(f'pip install {shlex.quote(wanted.install)}')}"


def _step(stage: Stage, host: str) -> Iterator[str]:
    yield f"      # {stage.why}"
    yield f"      - name: {_said(stage.name)}"
    if stage.releases:
        yield f"        if: {_RELEASES}"
    elif stage.always:
        yield "        if: always()"
    if given := tuple(_secrets(stage, host)):
        yield "        env:"
        yield from (f"          {name}: {value}" for name, value in given)
    yield "        run: |"
    for command in stage.commands:
        yield from (f"          {line}" for line in command.splitlines())


def _secrets(stage: Stage, host: str) -> Iterator[tuple[str, str]]:
    yield from (_kept(name) for name in stage.secrets)
    if stage.name != "Push":
        return
    yield "LADING_REGISTRY_HOST", _said(host)
    if host == _TOKENS_REGISTRY:
        yield "LADING_REGISTRY_USER", "${{ github.actor }}"
        yield "LADING_REGISTRY_PASSWORD", "${{ secrets.GITHUB_TOKEN }}"
    else:
        yield _kept("LADING_REGISTRY_USER")
        yield _kept("LADING_REGISTRY_PASSWORD")


def _kept(name: str) -> tuple[str, str]:
    return name, f"${{{{ secrets.{name} }}}}"


def _said(text: str) -> str:
    """A scalar of YAML, which takes every string that JSON has."""
    return json.dumps(text, ensure_ascii=False)


def _literal(text: str) -> str:
    """A string in an expression, where a quote is doubled."""
    return "'" + text.replace("'", "''") + "'"
