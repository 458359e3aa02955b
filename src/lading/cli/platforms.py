"""`--platform`: for which machines images are locked and built."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from lading.errors import UsageError
from lading.oci.platforms import of_this_machine
from lading.settings.app import App
from lading.settings.keys import PLATFORMS

F = TypeVar("F", bound=Callable[..., Any])


def option(text: str) -> Callable[[F], F]:
    """Adds `--platform` to a command, to be given more than once or with commas, as `asked`."""
    return click.option("--platform", "asked", multiple=True, metavar="PLATFORM,...", help=text)


def told(asked: Iterable[str]) -> list[str]:
    """The platforms that an option names, each once. Raises UsageError for an unknown one."""
    names = [name.strip() for one in asked for name in one.split(",") if name.strip()]
    for name in names:
        if name not in PLATFORMS:
            raise UsageError("--platform", expected=" or ".join(PLATFORMS), came=name)
    return sorted(set(names))


def chosen(app: App, asked: Iterable[str]) -> list[str]:
    """What to build for: what is asked, else what lading.yaml says, else this machine."""
    return told(asked) or sorted(app.platforms) or [of_this_machine()]
