"""`lading export`."""

from __future__ import annotations

from pathlib import Path

import click

from lading.cli import building, locks, output, place
from lading.cli.progress import shown
from lading.errors import UsageError
from lading.oci import Reference
from lading.stores import archive


@click.group()
def command() -> None:
    """Write an image in a form that other tools read."""


@command.command("archive")
@click.argument("name", metavar="SERVICE|STEP")
@click.option(
    *("-o", "--output", "path"),
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; one that is there is replaced.",
)
def write_archive(name: str, path: Path) -> None:
    """Build the image of a service or step; write it as an archive that `docker load` reads."""
    app, _ = place.here()
    if path.is_dir():
        raise UsageError("is a folder", str(path), expected="a file to write")
    with shown() as progress:
        recipes = building.chosen(app, [name])
        image = building.build_all(recipes, locks.fresh(app), progress)[name].image
    reference = Reference(f"{app.name}/{name}")
    archive.save(image, reference, path)
    click.echo(f"{path}: {reference}, {output.size(path.stat().st_size)}")
