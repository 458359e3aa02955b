"""`lading run`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import click

from lading.cli import building, engines, locks, place, secret_values, step_runs
from lading.cli.names import unknown
from lading.cli.progress import shown
from lading.engines import select
from lading.engines.engine import LogLine
from lading.pipelines.run import Finished, run


@click.command()
@click.argument("step")
@engines.option
def command(step: str, engine: str | None) -> int:
    """Run STEP to completion in a container, with its log as it comes.

    Its outputs are copied to the source folder when it succeeds, and only then. The exit code is
    the step's own.
    """
    app, at = place.here()
    wanted = app.step(step)
    if wanted is None:
        raise unknown("step", step, [one.name for one in app.steps])
    chosen = select.require(engine or app.engine, {f"steps.{step}": wanted.limits})
    with secret_values.taken(at.secrets, step, wanted.secrets, os.environ) as files:
        secret_values.withhold(app.secrets, os.environ)
        with shown() as progress:
            lock = locks.ensured(app, progress)
            image = building.build_all(app, [wanted.recipe], lock, progress)[step]
        on, began = select.opened(chosen, at.folders), datetime.now(UTC)
        finished = run(at.app, wanted, image.digest, on, _hear, files)
    step_runs.remember(at, wanted, image, began, finished)
    _tell(step, finished)
    return finished.exit_code


def _hear(line: LogLine) -> None:
    print(line.text, file=sys.stderr if line.stream == "stderr" else sys.stdout, flush=True)


def _tell(step: str, finished: Finished) -> None:
    if finished.out_of_memory:
        click.echo(f"{step}: killed: over its memory limit", err=True)
    elif finished.exit_code:
        click.echo(f"{step}: failed with exit code {finished.exit_code}; no outputs kept", err=True)
    for output in finished.outputs:
        click.echo(f"{step}: wrote {output}", err=True)
