"""`lading lock`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from lading.building import lockfile
from lading.building.locking import lock
from lading.building.progress import Progress
from lading.cli.images import host_platform, lock_path
from lading.cli.progress import shown
from lading.errors import LockError
from lading.settings import read
from lading.settings.app import App
from lading.state.folders import Folders


@click.command()
@click.option("--upgrade", is_flag=True, help="Move every package to its newest version.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    type=click.Choice(["linux/amd64", "linux/arm64"]),
    help="Lock for this platform too; may be repeated. This machine's own is always locked.",
)
def command(upgrade: bool, platforms: tuple[str, ...]) -> None:
    """Resolve every Debian package and wheel to a version and a hash, into lading.lock.

    What is locked already stays where it is, unless --upgrade moves it forward.
    """
    app = read(Path.cwd())
    with shown() as progress:
        changed = make(app, platforms, upgrade, progress)
    click.echo(f"{lock_path(app).name}: {'written' if changed else 'unchanged'}")


def make(app: App, platforms: Sequence[str], upgrade: bool, progress: Progress) -> bool:
    """Write the app's lock for `platforms`, this machine's, and those locked before.

    Whether it differs from before.
    """
    path = lock_path(app)
    previous = _previous(path)
    before = previous.environments.values() if previous else ()
    every = sorted({host_platform(), *platforms, *(name for one in before for name in one)})
    cache = Folders.of_user().cache
    made = lock(app.environments, every, cache, previous, upgrade, progress)
    if made == previous:
        return False
    lockfile.write(path, made)
    return True


def _previous(path: Path) -> lockfile.Lock | None:
    """What is locked now; None where there is nothing, or nothing that can be relied on."""
    try:
        return lockfile.read(path) if path.exists() else None
    except LockError as error:
        click.echo(f"lading: {error.problem or error}; locking anew", err=True)
        return None
