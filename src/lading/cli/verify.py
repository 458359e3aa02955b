"""`lading verify`."""

from __future__ import annotations

from pathlib import Path

import click

from lading.cli import output, platforms, signature_checks, verify_shown, verifying
from lading.cli.progress import shown
from lading.errors import UsageError
from lading.settings import read


@click.command()
@click.argument("names", nargs=-1, metavar="[SERVICE|STEP]...")
@click.option("--image", metavar="NAME|DIGEST", help="Verify this image of the store instead.")
@click.option("--revision", type=click.IntRange(1), help="Verify this revision of the service.")
@platforms.option("Of an image for several platforms, verify these alone.")
@click.option(
    "--trust-uv",
    is_flag=True,
    help="Take wheels as uv's cache has them unpacked, instead of fetching them anew.",
)
@signature_checks.options
@output.json_option
def command(
    names: tuple[str, ...],
    image: str | None,
    revision: int | None,
    asked: tuple[str, ...],
    trust_uv: bool,
    as_json: bool,
) -> int:
    """Build images anew from lock and source, and compare them with those in the store.

    Of what earlier builds left, downloads alone are used, which are held to their hashes. Where an
    image is not the same, this names the first file that differs, and how; the exit code is 1.

    With --signatures, see instead who signed them, of those whose keys lading.yaml names.
    """
    if (signatures := signature_checks.asked()).signatures:
        return signature_checks.run(signatures, names, image, as_json)
    if image and revision:
        raise UsageError("--image and --revision exclude each other", todo="leave one of them out")
    app = read(Path.cwd())
    wanted = verifying.Wanted(names, image, revision, tuple(platforms.told(asked)))
    with shown() as progress:
        found = verifying.verify(app, wanted, progress, fetch=not trust_uv)
    if as_json:
        output.print_json([verify_shown.document(one) for one in found])
    else:
        verify_shown.show(found)
    return 0 if all(one.comparison.is_same for one in found) else 1
