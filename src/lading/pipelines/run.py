"""Runs a step: to completion, its log as it comes, its outputs only when it succeeded."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lading.engines.engine import Engine, LogLine, Observed, Workload
from lading.errors import EngineError, PathNotFound, WorkloadNotFound
from lading.oci import Digest
from lading.pipelines import abandoned
from lading.pipelines.step import Step

_NONE: Mapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True)
class Finished:
    """How a step ended. `exit_code` is 128 + n when signal n ended it."""

    exit_code: int
    out_of_memory: bool
    outputs: tuple[str, ...]
    """Paths replaced in the source folder; none when it failed."""


def run(
    app: str,
    step: Step,
    image: Digest,
    engine: Engine,
    hear: Callable[[LogLine], None],
    given: Mapping[str, Path] = _NONE,
) -> Finished:
    """Blocks until the step has ended; `hear` is called for each line it writes.

    `given` are secrets, files that it may read, by name.

    `app` is the app's unique name in the engine. Whatever happens, the container is gone at the
    end. Raises EngineError when it cannot be run, or when it succeeded without a declared output;
    the source folder is then as it was.
    """
    family = f"{app}.step"
    abandoned.clear(family, engine)
    name = abandoned.name(family, step.name)
    try:
        engine.apply(_workload(name, step, image, given))
        for line in engine.logs(name, follow=True):
            hear(line)
        return _finish(step, engine, _ended(engine, name))
    finally:
        engine.remove(name)


def _workload(name: str, step: Step, image: Digest, given: Mapping[str, Path]) -> Workload:
    return Workload(
        name=name,
        image=image,
        command=step.recipe.command,
        limits=step.limits,
        egress=step.egress,
        secrets=given,
        writable=("/app", *sorted({f"/app/{o.parent}" for o in step.outputs if o.parent.name})),
        labels={"io.lading.step": step.name},
    )


def _ended(engine: Engine, name: str) -> Observed:
    observed = engine.observe(name)
    if observed is None:
        raise WorkloadNotFound("the step's container is gone", name)
    return observed


def _finish(step: Step, engine: Engine, observed: Observed) -> Finished:
    # Nobody having seen how it ended is no success.
    code = 1 if observed.exit_code is None else observed.exit_code
    if code:
        return Finished(code, observed.out_of_memory, ())
    _copy_outputs(step, engine, observed.name)
    return Finished(0, False, tuple(str(output) for output in step.outputs))


def _copy_outputs(step: Step, engine: Engine, name: str) -> None:
    """Copy all beside their places first, so that a missing one leaves the others as they were."""
    source = step.recipe.source
    staged = {
        output: source / output.parent / f".{output.name}.{secrets.token_hex(4)}.lading"
        for output in step.outputs
    }
    try:
        for output, beside in staged.items():
            beside.parent.mkdir(parents=True, exist_ok=True)
            try:
                engine.copy(name, f"/app/{output}", beside)
            except PathNotFound as error:
                raise EngineError(
                    "the step succeeded without leaving a declared output",
                    f"steps.{step.name}.outputs",
                    expected=f"{output} in its working folder",
                    came="no such file",
                    todo="write it there, or take it out of outputs",
                ) from error
        for output, beside in staged.items():
            _replace(beside, source / output)
    finally:
        for beside in staged.values():
            _remove(beside)


def _replace(new: Path, old: Path) -> None:
    if old.is_dir() and not old.is_symlink():
        _remove(old)
    new.replace(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
