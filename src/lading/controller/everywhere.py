"""Which images the apps of a user need, all of them: for whoever removes the others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lading.controller.place import ENGINE, STATE
from lading.engines import select
from lading.engines.engine import Engine
from lading.engines.select import Chosen
from lading.errors import EngineUnavailable, StoreError
from lading.oci import Digest
from lading.state.address import Address, Kept, recalled
from lading.state.folders import Folders
from lading.state.glance import Glance, glance
from lading.state.past import Past


@dataclass(frozen=True)
class Remembered:
    """An app by the folder with what belongs to it; where its lading.yaml lies is not known."""

    own: Path
    folders: Folders

    @property
    def engine(self) -> Chosen:
        """What runs it, or did."""
        return select.recalled(self.own / ENGINE)

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
        wanted = {(one.service, one.revision) for one in app.glance.services} if app.glance else {}
        kept = {(x.service, x.number): x for x in Past(app.state).revisions(last=last)}
        for service, number in sorted(wanted - kept.keys() if wanted else ()):
            if earlier := Past(app.state).revision(service, number):
                kept[service, number] = earlier
        for (service, number), one in sorted(kept.items()):
            with suppress(StoreError):
                is_now = (service, number) in wanted
                phrase = (
                    f"is {'wanted as ' if is_now else ''}{app.name}/{service} revision {number}"
                )
                reasons.setdefault(Digest.parse(one.image), []).append(phrase)
    return reasons


def running(engines: Iterable[Engine]) -> Iterator[tuple[Digest, str]]:
    """Images of containers that are there, running or not, and a reason each."""
    for engine in engines:
        for name in engine.names():
            if observed := engine.observe(name):
                yield observed.image, f"is in the container {name}"


def engines(found: Iterable[Remembered], folders: Folders) -> list[Engine]:
    """The embedded engine, and those that apps were started on. One that is away is left out."""
    chosen = dict.fromkeys([Chosen(), *(app.engine for app in found)])
    there = []
    for one in chosen:
        engine = select.opened(one, folders)
        with suppress(EngineUnavailable):
            engine.names()
            there.append(engine)
    return there
