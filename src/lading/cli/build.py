"""`lading build`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import click

from lading.building.build import Built
from lading.cli import building, locks, output
from lading.cli.progress import shown
from lading.settings import read


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@output.json_option
def command(names: tuple[str, ...], as_json: bool) -> None:
    """Assemble images from the lock: of all services, or of those named.

    Runs nothing of them, and makes again only what changed.
    """
    begun = time.monotonic()
    app = read(Path.cwd())
    recipes = building.chosen(app, names)
    with shown() as progress:
        built = building.build_all(recipes, locks.fresh(app), progress)
    if as_json:
        output.print_json([_document(name, one) for name, one in built.items()])
    else:
        _print(built)
        click.echo(f"{len(built)} image(s) in {time.monotonic() - begun:.2f} s")


def _print(built: Mapping[str, Built]) -> None:
    for name, one in built.items():
        click.echo(f"{name}  {one.image.digest}  {output.size(one.image.size)}")
        rows = [
            (
                f"  {layer.kind}",
                layer.title,
                output.size(layer.descriptor.size),
                "cached" if layer.cached else "made",
            )
            for layer in one.layers
        ]
        output.print_table(("  LAYER", "WHAT", "SIZE", ""), rows)


def _document(name: str, one: Built) -> dict[str, object]:
    return {
        "name": name,
        "digest": str(one.image.digest),
        "size": one.image.size,
        "unpacked_size": sum(layer.unpacked_size for layer in one.layers),
        "layers": [
            {
                "kind": layer.kind,
                "title": layer.title,
                "digest": str(layer.descriptor.digest),
                "size": layer.descriptor.size,
                "unpacked_size": layer.unpacked_size,
                "cached": layer.cached,
            }
            for layer in one.layers
        ],
    }
