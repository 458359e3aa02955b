"""`lading export compose`: the files, and what to do with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from lading.cli import output
from lading.cli.composing import Wanted, Whole
from lading.engines.embedded import seccomp
from lading.exports import compose
from lading.exports.containers import SECCOMP
from lading.oci import Image, Reference
from lading.stores import archive
from lading.stores.disk import explained
from lading.stores.incomplete import Incomplete
from lading.stores.layout import Layout

FILE = "compose.yaml"
ARCHIVE = "images.tar"
LAYOUT = "images"


def write(wanted: Wanted, whole: Whole) -> None:
    """Write the files, the Compose file last, and say what to do with them."""
    folder = wanted.folder
    content = compose.document(wanted.listener, whole.services, whole.around)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    _write_text(folder / SECCOMP, json.dumps(seccomp.profile(), indent=1) + "\n")
    if wanted.registry:
        _write_layout(folder / LAYOUT, whole.images)
    else:
        archive.save_all(whole.images, folder / ARCHIVE)
    _write_text(folder / FILE, compose.encode(content))
    _tell(wanted, whole, [one["file"] for one in content.get("secrets", {}).values()])


def _write_layout(folder: Path, images: Mapping[Reference, Image]) -> None:
    if (folder / "oci-layout").exists():
        shutil.rmtree(folder)
    layout = Layout(folder)
    for reference, image in images.items():
        layout.write(image, reference)


def _write_text(path: Path, text: str) -> None:
    with explained(path.parent):
        file = Incomplete(path.parent)
        try:
            file.write(text.encode())
            file.finish(path)
        finally:
            file.discard()


def _tell(wanted: Wanted, whole: Whole, secrets: Sequence[str]) -> None:
    folder = wanted.folder
    containers = sum(one.replicas for one in whole.services)
    click.echo(f"{folder / FILE}: {len(whole.services)} service(s) in {containers} container(s)")
    if wanted.registry:
        click.echo(f"{folder / LAYOUT}: {len(whole.images)} images, to be pushed by their names:")
        for reference in whole.images:
            source = f"oci:{folder / LAYOUT}:{reference}"
            target = f"docker://{wanted.registry}/{reference.name}"
            click.echo(f"  skopeo copy --preserve-digests {source} {target}")
    else:
        size = output.size((folder / ARCHIVE).stat().st_size)
        click.echo(f"{folder / ARCHIVE}: {len(whole.images)} images, {size}")
        click.echo(f"  docker load -i {folder / ARCHIVE}")
    for path in secrets:
        click.echo(f"  write {folder / path} first: a secret, that user 65532 may read")
    click.echo(f"  docker compose -f {folder / FILE} up -d --wait")
