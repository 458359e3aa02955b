"""What a run of a step made is written down, so that the bill of a service can tell of it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from lading.bills import of as bill_of
from lading.bills import runs
from lading.bills.circumstances import RUNS
from lading.controller.place import Place
from lading.errors import StoreError
from lading.oci import Digest, Image
from lading.pipelines.run import Finished
from lading.pipelines.step import Step
from lading.stores.layout import Layout


def remember(at: Place, step: Step, image: Image, began: datetime, finished: Finished) -> None:
    """Of a run that succeeded; that it cannot be written down is said, and no failure of it."""
    if not finished.outputs:
        return
    path = at.folders.app(at.folder) / RUNS
    made = [step.recipe.source / one for one in finished.outputs]
    try:
        bill = bill_of(Layout(at.folders.store), image.digest)
        told = str(Digest.of(bill.provenance)) if bill and bill.provenance else ""
        run = runs.Run(step.name, str(image.digest), told, _time(began), _time(datetime.now(UTC)))
        runs.remember(path, made, run)
    except (StoreError, OSError) as error:
        click.echo(f"lading: bills will not tell of this run: {error}", err=True)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
