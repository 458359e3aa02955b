"""`lading ci`."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath
from types import ModuleType

import click

from lading import __version__
from lading.cli import place
from lading.errors import UsageError
from lading.exports.pipelines import github, gitlab
from lading.exports.pipelines.stage import Wanted
from lading.settings.app import App
from lading.stores.disk import explained

SERVICES = {"github": github, "gitlab": gitlab}


@click.command()
@click.argument("service", type=click.Choice(list(SERVICES)))
@click.option(
    *("-o", "--output", "target"),
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write. Usually the one that the service looks for, in the repository.",
)
@click.option(
    "--test",
    metavar="COMMAND",
    default="",
    help='Ask the running app by this command, such as "pytest tests".',
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(service: str, target: Path | None, test: str, force: bool) -> None:
    """Write a pipeline that locks, builds, verifies, tests, signs and pushes the app.

    For GitHub Actions or GitLab CI/CD. It is a beginning: edit it as you like.
    """
    app, _ = place.here()
    root = _root(app.folder)
    wanted = _wanted(app, root, test)
    made: ModuleType = SERVICES[service]
    path = target or root / made.path(wanted)
    if path.exists() and not force:
        todo = "write another with --output, or replace it with --force"
        raise UsageError("is there already", str(path), todo=todo)
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text(wanted))
    click.echo(f"wrote {path}")
    if not app.registry:
        click.echo("it pushes nothing: lading.yaml names no `registry`")


def _wanted(app: App, root: Path, test: str) -> Wanted:
    folder = PurePosixPath(app.folder.relative_to(root).as_posix())
    return Wanted(app, __version__, folder, test)


def _root(folder: Path) -> Path:
    """The top of the repository that holds `folder`; itself where there is none, or no git."""
    try:
        asked = ["git", "-C", str(folder), "rev-parse", "--show-toplevel"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return folder
    top = Path(done.stdout.strip())
    known = not done.returncode and top.is_absolute() and folder.is_relative_to(top)
    return top if known else folder
