"""`lading build`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import click

from lading.building.build import Built
from lading.building.several import Several
from lading.cli import building, locks, output, platforms
from lading.cli.progress import shown
from lading.errors import BuildError
from lading.settings import read
from lading.state.folders import Folders


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@platforms.option("Build for these instead of `platforms` of lading.yaml or this machine.")
@click.option("--explain", is_flag=True, help="Show what takes the room: packages, files, copies.")
@output.json_option
def command(names: tuple[str, ...], asked: tuple[str, ...], explain: bool, as_json: bool) -> None:
    """Assemble images from the lock: of all services, or of those named.

    Runs nothing of them, and makes again only what changed. For several platforms each gets an
    index, which is one name for the images of all.
    """
    begun = time.monotonic()
    app = read(Path.cwd())
    recipes = building.chosen(app, names)
    wanted = platforms.chosen(app, asked)
    try:
        with shown() as progress:
            built = building.build_for(app, recipes, locks.fresh(app, wanted), wanted, progress)
    except BuildError as error:
        if explain and not as_json:
            _explain_refused(error)
        raise
    if as_json:
        output.print_json([_document(name, one, explain) for name, one in built.items()])
    else:
        _print(built, explain)
        count = sum(len(one.built) for one in built.values())
        click.echo(f"{count} image(s) in {time.monotonic() - begun:.2f} s")


def _print(built: Mapping[str, Several], explain: bool) -> None:
    for name, one in built.items():
        if one.index:
            click.echo(f"{name}  {one.digest}  index of {len(one.built)} platforms")
        for platform, image in one.built.items():
            _print_image(f"{name} {platform}" if one.index else name, image)
            if explain:
                _explain(image)


def _print_image(name: str, one: Built) -> None:
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


def _explain(one: Built) -> None:
    # Imported where somebody asks: it reads tars.
    from lading.building.sizes.explaining import explain
    from lading.building.sizes.known import Known
    from lading.cli import sizes_shown

    sizes_shown.show(explain(one.image, Known(Folders.of_user().cache)))


def _explain_refused(error: BuildError) -> None:
    """What takes the room in an image that would be too large."""
    from lading.building.sizes.budget import OverBudgetError
    from lading.cli import sizes_shown

    if isinstance(error, OverBudgetError) and error.explained:
        sizes_shown.show(error.explained)


def _explained(one: Built) -> dict[str, object]:
    from lading.building.sizes.explaining import explain
    from lading.building.sizes.known import Known
    from lading.cli import sizes_shown

    known = Known(Folders.of_user().cache)
    return {"explained": sizes_shown.document(explain(one.image, known))}


def _document(name: str, one: Several, explain: bool) -> dict[str, object]:
    def told(image: Built) -> dict[str, object]:
        return _image(image) | (_explained(image) if explain else {})

    if not one.index:
        return {"name": name, **told(next(iter(one.built.values())))}
    images = {platform: told(image) for platform, image in one.built.items()}
    return {"name": name, "digest": str(one.digest), "platforms": images}


def _image(one: Built) -> dict[str, object]:
    return {
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
