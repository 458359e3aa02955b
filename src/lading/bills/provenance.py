"""The provenance: an in-toto statement of how an image came to be.

Source of the formats: in-toto attestation framework v1 (statement.md, resource_descriptor.md,
digest_set.md) and SLSA v1.0, provenance.md. Fields of our own are named `lading_…`, as its
"Extension fields" asks. `docs/reference/bill.md` says what each field holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from lading import __version__
from lading.bills import git, purls
from lading.bills.bill import PROVENANCE, STATEMENT
from lading.bills.circumstances import Circumstances
from lading.bills.git import Commit
from lading.bills.made import Made
from lading.bills.runs import Run
from lading.building.layers.wanted import LayerKind
from lading.building.lockfile import Deb, LockedEnvironment, Wheel
from lading.building.recipe import Recipe
from lading.oci import Digest, media_types

BUILD_TYPE = "https://lading.io/build/v1"
"""What `externalParameters` mean, and how a build goes by them."""
BUILDER = "https://lading.io/builder/v1"
"""Lading on the machine of whoever calls it: what it says is as good as that machine."""
_MOST_NAMES = 50
"""Of changed files; how many there are is told besides."""

Resource = Mapping[str, Any]
"""An in-toto resource descriptor."""


def statement(
    made: Made, around: Circumstances, commit: Commit | None, sbom: bytes
) -> dict[str, Any]:
    """The whole statement, of a commit that `look` found."""
    name = f"{made.recipe.app}/{made.recipe.name}"
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": made.built.image.digest.hex}}],
        "predicateType": PROVENANCE,
        "predicate": {
            "buildDefinition": _definition(made, around, commit),
            "runDetails": _run(made, around, sbom),
        },
    }


def look(made: Made, around: Circumstances) -> Commit | None:
    """The commit that an image was made of, and what differs from it; asks git."""
    recipe = made.recipe
    told = made.files(LayerKind.CODE).items()
    code = [recipe.source / path for path, said in told if not said.endswith("  ")]
    asked = [around.folder / "lading.yaml", around.folder / "lading.lock"]
    if recipe.graph is None:
        asked.append(recipe.source)
    return git.look(around.folder, asked, () if recipe.graph else code)


def _definition(made: Made, around: Circumstances, commit: Commit | None) -> dict[str, Any]:
    locked = made.locked
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": _asked(made.recipe),
        "internalParameters": _filled(
            platform=locked.platform, python=locked.python, suite=locked.suite
        ),
        "resolvedDependencies": [
            *_source(commit),
            *_documents(around),
            *_contents(made, around),
            *_base_image(locked),
            *(_deb(one, locked) for one in sorted({*locked.base, *locked.packages})),
            *(_wheel(one) for one in sorted({*locked.runtime, *locked.wheels})),
        ],
    }


def _run(made: Made, around: Circumstances, sbom: bytes) -> dict[str, Any]:
    return {
        "builder": {"id": BUILDER, "version": {"lading": __version__}},
        "metadata": _filled(
            invocationId=around.invocation,
            startedOn=_time(made.began),
            finishedOn=_time(datetime.now(UTC)),
            lading_user=around.user,
            lading_name=around.name,
            lading_host=around.host,
        ),
        "byproducts": [
            {
                "name": "sbom",
                "digest": {"sha256": Digest.of(sbom).hex},
                "mediaType": media_types.CYCLONEDX,
            }
        ],
    }


def _asked(recipe: Recipe) -> dict[str, Any]:
    """What the author asked for, by the keys of lading.yaml. Of `env`, names: values are in the
    image's own config, where whoever may read the image finds them."""
    environment = recipe.environment
    file = environment.requirements
    return {
        "app": recipe.app,
        "service": recipe.name,
        **_filled(
            handler=recipe.handler,
            flavour=recipe.flavour,
            graph=recipe.graph is not None or None,
            command=list(recipe.command),
            model=[str(one) for one in recipe.models],
            base=environment.base,
            python=environment.python,
            requirements=file.name if file else "",
            packages=list(environment.packages),
            env=sorted(recipe.env),
            ignore=list(recipe.ignore),
        ),
    }


def _source(commit: Commit | None) -> Iterator[Resource]:
    if commit is None:
        return
    branch = f"@refs/heads/{commit.branch}" if commit.branch else ""
    yield {
        "name": "source",
        **({"uri": f"git+{commit.repository}{branch}"} if commit.repository else {}),
        "digest": {"gitCommit": commit.id},
        "annotations": _filled(
            dirty=commit.is_dirty,
            changed=list(commit.changed[:_MOST_NAMES]),
            changed_count=len(commit.changed),
            branch=commit.branch,
            author=commit.author,
            authored=commit.authored,
        ),
    }


def _documents(around: Circumstances) -> Iterator[Resource]:
    for name, digest in (("lading.yaml", around.settings), ("lading.lock", around.lock)):
        if digest:
            yield {"name": name, "digest": {"sha256": digest}}


def _contents(made: Made, around: Circumstances) -> Iterator[Resource]:
    """The user's files: code as one tree, each model file on its own, with the run that made it."""
    code = _hashes(made.files(LayerKind.CODE))
    if code:
        notes = {"kind": "code", "files": len(code)}
        yield {"name": "code", "digest": {"dirHash": dir_hash(code)}, "annotations": notes}
    for path, digest in sorted(_hashes(made.files(LayerKind.MODEL)).items()):
        run = around.made_by.get(digest)
        yield {
            "name": path,
            "digest": {"sha256": digest},
            "annotations": _filled(kind="model", run=_run_of(run) if run else None),
        }


def _run_of(run: Run) -> dict[str, object]:
    """The step's image has a bill of its own, which tells what the model was made from."""
    return _filled(
        step=run.step,
        image=run.image,
        provenance=run.bill,
        startedOn=run.started,
        finishedOn=run.finished,
    )


def dir_hash(files: Mapping[str, str]) -> str:
    """One hash of SHA-256 by path: digest_set.md, "dirHash", which a line of shell gives too."""
    lines = (f"{digest}  {path}\n" for path, digest in sorted(files.items(), key=_bytewise))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _bytewise(item: tuple[str, str]) -> bytes:
    return item[0].encode()


def _hashes(files: Mapping[str, str]) -> dict[str, str]:
    """By path, of regular files alone."""
    told = {path: said.rpartition(" ")[2] for path, said in files.items()}
    return {path: digest for path, digest in told.items() if digest}


def _base_image(locked: LockedEnvironment) -> Iterator[Resource]:
    if image := locked.image:
        algorithm, _, digest = image.digest.partition(":")
        notes = {"kind": "base"}
        yield {"name": image.reference, "digest": {algorithm: digest}, "annotations": notes}


def _deb(deb: Deb, locked: LockedEnvironment) -> Resource:
    archive = git.without_credentials(deb.archive)
    return {
        "name": deb.name,
        "uri": purls.deb(deb.name, deb.version, deb.architecture, locked.suite),
        "digest": {"sha256": deb.sha256},
        **({"downloadLocation": f"{archive}/{deb.path}"} if archive else {}),
    }


def _wheel(wheel: Wheel) -> Resource:
    return {
        "name": wheel.filename,
        "uri": purls.wheel(wheel.name, wheel.version),
        "digest": {"sha256": wheel.sha256},
        **({"annotations": {"origin": wheel.origin}} if wheel.origin else {}),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _filled(**fields: object) -> dict[str, object]:
    """Without what is empty; false is not."""
    return {key: value for key, value in fields.items() if value or value is False}
