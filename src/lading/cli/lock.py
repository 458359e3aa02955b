"""`lading lock`."""

from __future__ import annotations

from pathlib import Path

import click

from lading.cli import locks, platforms
from lading.cli.progress import shown
from lading.settings import read


@click.command()
@click.option("--upgrade", is_flag=True, help="Move every package to its newest version.")
@platforms.option("Lock for these too, as for `platforms` of lading.yaml and this machine.")
def command(upgrade: bool, asked: tuple[str, ...]) -> None:
    """Resolve every Debian package and wheel to a version and a hash, into lading.lock.

    What is locked already stays where it is, unless --upgrade moves it forward.
    """
    app = read(Path.cwd())
    with shown() as progress:
        changed = locks.make(app, platforms.told(asked), upgrade, progress)
    click.echo(f"{locks.lock_path(app).name}: {'written' if changed else 'unchanged'}")
