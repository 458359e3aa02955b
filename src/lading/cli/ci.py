"""`lading ci`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import ModuleType

import click

from lading.cli import installed, place
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
    help="Ask the running app by this command, which brings what it needs, such as "
    '"pip install pytest && pytest tests".',
)
@click.option(
    "--lading",
    "install",
    metavar="REQUIREMENT",
    help="What pip installs Lading from there: an address of git with a commit, a URL, the path of "
    "a wheel in the repository. Usually where this one was installed from.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(service: str, target: Path | None, test: str, install: str | None, force: bool) -> None:
    """Write a pipeline that locks, builds, verifies, tests, signs and pushes the app.

    For GitHub Actions or GitLab CI/CD. It is a beginning: edit it as you like.
    """
    app, _ = place.here()
    root = _root(app.folder)
    folder = PurePosixPath(app.folder.relative_to(root).as_posix())
    wanted = Wanted(app, install or installed.requirement(), folder, test)
    made: ModuleType = SERVICES[service]
    path = target or root / made.path(wanted)
    if path.exists() and not force:
        todo = "write another with --output, or replace it with --force"
        raise UsageError("is there already", str(path), todo=todo)
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text(wanted))
    click.echo(f"wrote {path}")
    for line in _left_to_do(app, root, wanted.install):
        click.echo(line)
    if not app.registry:
        click.echo("it pushes nothing: lading.yaml names no `registry`")
    elif re.match(r"(localhost|127\.|\[::1\])", app.registry):
        click.echo(
            f"it pushes to {app.registry}: there, that is the machine that runs the pipeline"
        )


def _left_to_do(app: App, root: Path, install: str) -> Iterator[str]:
    """What the pipeline would stop at, or others could take the place of."""
    if install.endswith(".whl") and "://" not in install:
        wheel = (app.folder / install).resolve()
        if not (wheel.is_file() and wheel.is_relative_to(root.resolve())):
            yield f"{install} is no file of this repository: put the wheel there, and commit it"
    elif re.search(r"\bgit\+", install) and not re.search(r"@[0-9a-f]{7,64}(#.*)?$", install):
        yield f"{install} names no commit: end it with @COMMIT, or it is whatever is there that day"
    if app.secrets:
        names = ", ".join(sorted(app.secrets))
        yield f"the app has to be given {names} there, by the repository's secrets or variables"


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
