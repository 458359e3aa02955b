"""Which images the apps of a user need, all of them: for whoever removes the others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lading.controller.place import ENGINE, ENGINE_BEFORE, STATE
from lading.engines import select
from lading.engines.engine import Engine
from lading.engines.select import Chosen
from lading.errors import EngineUnavailable, StateError, StoreError
from lading.oci import Digest
from lading.state.address import Address, Kept, recalled
from lading.state.folders import Folders
from lading.state.glance import Glance, glance
from lading.state.past import Past
from lading.state.rows import StoredRevision

_WANTED = "wanted as "


@dataclass(frozen=True)
class Remembered:
    """An app by the folder with what belongs to it; where its lading.yaml lies is not known."""

    own: Path
    folders: Folders

    @property
    def engines(self) -> list[Chosen]:
        """What runs it, and did before it went down."""
        files = (self.own / name for name in (ENGINE, ENGINE_BEFORE))
        return [select.recalled(one) for one in files if one.exists()]

    @cached_property
    def state(self) -> Address:
        """Its database."""
        kept = recalled(self.own / STATE) or Kept()
        return kept.address(self.own, self.folders.data, os.environ)

    @cached_property
    def glance(self) -> Glance | None:
        """What it wants, or did. Raises StateAway where nobody can tell now."""
        return glance(self.state)

    @property
    def name(self) -> str:
        """What it was called in lading.yaml."""
        facts = self.glance.facts if self.glance else {}
        return json.loads(facts.get("name", '""')) or self.state.app or self.own.name


def apps(folders: Folders) -> list[Remembered]:
    """All that were ever up."""
    parent = folders.data / "apps"
    found = sorted(parent.iterdir()) if parent.is_dir() else []
    return [Remembered(one, folders) for one in found if one.is_dir()]


def needed(found: Iterable[Remembered], last: int) -> Mapping[Digest, list[str]]:
    """Images of what is wanted, and of the `last` revisions of each service; a reason each.

    Raises StateError where a database cannot be read: what nobody knows may be needed.
    """
    reasons: dict[Digest, list[str]] = {}
    for app in found:
        for one, is_wanted in _revisions(app, last):
            with suppress(StoreError):
                image = Digest.parse(one.image)
                named = f"{app.name}/{one.service} revision {one.number}"
                reasons.setdefault(image, []).append(f"is {_WANTED if is_wanted else ''}{named}")
    return reasons


def _revisions(app: Remembered, last: int) -> list[tuple[StoredRevision, bool]]:
    """Those of an app that need their images, by service and number; and whether it wants them."""
    past = Past(app.state)
    try:
        kept = {(x.service, x.number): x for x in past.revisions(last=last)}
        if kept and app.glance is None:
            raise StateError("what the app wants cannot be read", app.state.shown)
        wanted = {(x.service, x.revision) for x in app.glance.services} if app.glance else set()
        for service, number in wanted - kept.keys():
            if earlier := past.revision(service, number):
                kept[service, number] = earlier
    except StateError as error:
        error.todo = "; ".join(filter(None, (error.todo, _for_good(app))))
        raise
    return [(one, key in wanted) for key, one in sorted(kept.items())]


def _for_good(app: Remembered) -> str:
    """What to do where its database will never be read again."""
    if app.state.file:
        return f"if the app is no more, delete {app.own}"
    return (
        f"the app {app.state.app} was last up with it: if it is gone for good, delete "
        f"{app.own / STATE}, and the app begins anew in a file"
    )


def running(engines: Iterable[Engine]) -> Iterator[tuple[Digest, str]]:
    """Images of containers that are there, running or not, and a reason each."""
    for engine in engines:
        for name in engine.names():
            if observed := engine.observe(name):
                yield observed.image, f"is in the container {name}"


def engines(found: Iterable[Remembered], folders: Folders) -> list[Engine]:
    """The embedded engine, and those that apps were started on. One that is away is left out."""
    chosen = dict.fromkeys([Chosen(), *(one for app in found for one in app.engines)])
    there = []
    for one in chosen:
        engine = select.opened(one, folders)
        with suppress(EngineUnavailable):
            engine.names()
            there.append(engine)
    return there
