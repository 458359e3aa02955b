"""What a pipeline does, whoever runs it: lock, build, verify, test, sign, push."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from lading.settings.app import App

SIGNING_KEY = "LADING_SIGNING_KEY"
"""The variable with the private key; its password is in COSIGN_PASSWORD."""


@dataclass(frozen=True)
class Wanted:
    """What a pipeline is for."""

    app: App
    install: str
    """What pip installs Lading from, a requirement in its words."""
    folder: PurePosixPath
    """Of lading.yaml, relative to the repository's root."""
    test: str = ""
    """A command that asks the running app; empty where getting ready is the test."""


@dataclass(frozen=True)
class Stage:
    """Commands of a shell that ends with the first one that fails."""

    name: str
    why: str
    """A sentence for whoever reads the file."""
    commands: tuple[str, ...]
    always: bool = False
    """Whether it is done after a failure too."""
    releases: bool = False
    """Whether it is done on the default branch alone."""
    secrets: tuple[str, ...] = ()
    """Variables that it needs, which the service that runs the pipeline keeps."""


def stages(wanted: Wanted, engine: str, tag: str) -> tuple[Stage, ...]:
    """All of it but what makes the machine ready.

    `engine` runs the containers; `tag` is what the pushed images are called, an expression of the
    service that runs the pipeline.
    """
    return (
        Stage(
            "Lock",
            "Fails where the commit has no lock, or not what lading.yaml and the requirements ask "
            "for.",
            (
                "git cat-file -e HEAD:./lading.lock",
                "lading lock",
                "git diff --exit-code -- lading.lock",
            ),
        ),
        *_trained(wanted.app, engine),
        Stage("Build", "Fetches what is locked, and runs nothing of it.", ("lading build",)),
        Stage(
            "Verify",
            "Builds again from nothing: the same lock and source give the same digests.",
            ("lading verify",),
        ),
        *_tested(wanted, engine),
        *_released(wanted.app.registry, tag),
    )


def _trained(app: App, engine: str) -> Iterator[Stage]:
    """The steps whose outputs are models of services, which may not be in the repository."""
    models = {(x.recipe.source, model) for x in app.services for model in x.recipe.models}
    for step in app.steps:
        made = [path for path in step.outputs if (step.recipe.source, path) in models]
        if made:
            source = step.recipe.source.relative_to(app.folder)
            paths = [shlex.quote((PurePosixPath(source) / path).as_posix()) for path in made]
            there = " && ".join(f"[ -e {path} ]" for path in paths)
            yield Stage(
                f"Run {step.name}",
                "Where the repository does not have what it makes.",
                (f"{there} || lading run --engine {engine} {step.name}",),
                secrets=step.secrets,
            )


def _tested(wanted: Wanted, engine: str) -> Iterator[Stage]:
    if not wanted.app.services:
        return
    asked = (wanted.test,) if wanted.test else ()
    yield Stage(
        "Test",
        "Every service has to get ready." if not asked else "The app is asked while it is up.",
        (f"lading up --detach --engine {engine}", *asked),
        secrets=tuple(sorted({name for one in wanted.app.services for name in one.secrets})),
    )
    names = [service.name for service in wanted.app.services]
    logs = tuple(f"lading logs {name} || true" for name in names)
    yield Stage("Stop", "With what the services wrote.", (*logs, "lading down"), always=True)


def _released(registry: str, tag: str) -> Iterator[Stage]:
    if not registry:
        return
    yield Stage(
        "Sign",
        f"Where there is a key: `lading keygen` makes one, for the secrets {SIGNING_KEY} and "
        "COSIGN_PASSWORD.",
        (f'if [ -n "${SIGNING_KEY}" ]; then lading sign --key env://{SIGNING_KEY}; fi',),
        releases=True,
        secrets=(SIGNING_KEY, "COSIGN_PASSWORD"),
    )
    yield Stage(
        "Push",
        f"To {registry}, with bills and signatures; only what is not there yet. `lading pull` asks "
        "for the tag latest.",
        (f'lading push --tag "{tag}"', "lading push"),
        releases=True,
    )
