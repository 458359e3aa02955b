"""The database that an app is remembered in: what was asked for, and what it is up with already."""

from __future__ import annotations

import os

import click

from lading.controller.place import Place
from lading.controller.process import is_held
from lading.errors import SettingsError, StateError
from lading.settings import read
from lading.settings.app import App
from lading.state.address import (
    OWN,
    VARIABLE,
    Address,
    Kept,
    check,
    recalled,
    remember,
    without_password,
)


def take(at: Place, app: App | None) -> None:
    """Remember the app there from here on.

    `app` is None where lading.yaml cannot be read. Raises StateError when it is up with another
    database, and where one does not answer: before anything is built.
    """
    # Imported where an app is to run: a push only asks which database it is.
    from lading.cli import engines

    before, asked = recalled(at.state_file) or Kept(), _asked(at, app)
    if engines.running(at):
        _require_same(before, asked)
        return
    if asked.url != OWN:
        _require_answer(at.state_at(asked))
    if asked.url != OWN or before.url != OWN:
        remember(at.state_file, asked)


def of(at: Place) -> Address:
    """Where the app is remembered, also where lading.yaml cannot be read.

    What it is up with; else what is asked for, which may be what it was up with. Raises StateError.
    """
    if is_held(at.lock):
        return at.state
    try:
        app = read(at.folder)
    except SettingsError:
        app = None
    return at.state_at(_asked(at, app))


def show(at: Place) -> None:
    """Say where it is remembered, unless that is where every app is."""
    address = at.state
    if address.file is None:
        click.echo(f"state: {address.shown}")


def _asked(at: Place, app: App | None) -> Kept:
    before = recalled(at.state_file) or Kept()
    named = os.environ.get(VARIABLE, "")
    url = check(named, VARIABLE) if named else (app.state if app else "")
    name = app.name if app else before.app or at.folder.name
    return Kept(url or before.url, "" if (url or before.url) == OWN else name)


def _require_same(before: Kept, asked: Kept) -> None:
    if without_password(asked.url) != before.url:
        problem = f"the app is up with its revisions in {_shown(before)}, not in {_shown(asked)}"
        raise StateError(problem, todo="`lading down` first: it starts anew there")
    if asked.app != before.app:
        raise StateError(
            f"the app is up as {before.app}, and is {asked.app} in lading.yaml",
            todo=f"`lading down` first; its revisions stay {before.app}'s",
        )


def _shown(kept: Kept) -> str:
    return "a file of its own" if kept.url == OWN else without_password(kept.url)


def _require_answer(address: Address) -> None:
    # Imported where there is a server: its driver takes longer than most of a build.
    from lading.state.reading import reading
    from lading.state.shape import found

    with reading(address) as rows:
        found(rows, address)
