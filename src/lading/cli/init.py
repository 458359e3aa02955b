"""`lading init`."""

from __future__ import annotations

from pathlib import Path

import click

from lading.settings import read, templates


@click.command()
@click.argument("template", default=templates.DEFAULT)
def command(template: str) -> None:
    """Start an app in this folder from TEMPLATE; nothing that is there is overwritten.

    Templates: hello (a function), sklearn (a model that a step trains).
    """
    for path in templates.write(template, Path.cwd()):
        click.echo(f"wrote {path}")
    steps = [f"lading run {step.name}" for step in read(Path.cwd()).steps]
    click.echo(f"next: {' && '.join([*steps, 'lading up'])}")
