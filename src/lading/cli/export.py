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
    """Write an image, or all of the app, in a form that other tools read."""


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
        image = building.build_all(app, recipes, locks.fresh(app), progress)[name]
    reference = Reference(f"{app.name}/{name}")
    archive.save(image, reference, path)
    click.echo(f"{path}: {reference}, {output.size(path.stat().st_size)}")


@command.command("compose")
@click.option(
    *("-o", "--output", "folder"),
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write to; what an earlier export wrote there is replaced.",
)
@click.option(
    "--registry",
    metavar="REGISTRY[/PATH]",
    help="Where Compose is to pull the images from, by digest, instead of an archive.",
)
def write_compose(folder: Path, registry: str | None) -> None:
    """Build the app; write it as a Compose file, with its images and its gateway's.

    What `docker compose up` makes of it answers as the app does under `lading up`, as isolated.
    """
    from lading.cli import compose_files, composing

    app, _ = place.here()
    wanted = composing.checked(app, folder, registry)
    with shown() as progress:
        lock = locks.fresh(app)
        images = building.build_all(app, building.chosen(app, ()), lock, progress)
        exported = composing.exported(wanted, lock, images, progress)
    compose_files.write(wanted, exported)


@command.command("dockerfile")
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option(
    *("-o", "--output", "folder"),
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write to: a folder in it for each image, written anew.",
)
@click.option(
    "--index-secrets",
    "guarded",
    is_flag=True,
    help="Let pip see a netrc and a pip.conf, as build secrets. So it is always where the app's "
    "requirements name an index.",
)
def write_dockerfile(names: tuple[str, ...], folder: Path, guarded: bool) -> None:
    """Write a Dockerfile for each image, with all that `docker build` needs beside it.

    What it makes answers as the image of `lading build` does. It is not the same bytes, and has no
    bill: for teams that must have a Dockerfile.
    """
    from lading.cli import dockerfiles

    app, _ = place.here()
    dockerfiles.write(app, building.chosen(app, names), folder, guarded)
