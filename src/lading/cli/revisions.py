"""The revisions of an app, and what is left of each: what several commands ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click

from lading.cli import states
from lading.cli.names import unknown
from lading.controller.client import Client
from lading.controller.messages import AppStatus, WantedApp, WantedService
from lading.controller.place import Place
from lading.controller.remembered import remembered
from lading.errors import AppNotUp, ControllerError, StoreError, UsageError
from lading.oci import Digest, Image
from lading.releases.revision import Revision
from lading.settings import read
from lading.state.past import Past
from lading.stores.layout import Layout


class _Number(click.ParamType[int]):
    """What a revision is named by."""

    name = "revision"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if not (value.isascii() and value.isdigit() and int(value)):
            told = "`lading history` shows them"
            self.fail(f"expected the number of a revision, got {value!r}; {told}", param, ctx)
        return int(value)


NUMBER = _Number()


@dataclass(frozen=True)
class Revisions:
    """Of the app at `at`. What is asked for is looked up once. All raise StateError."""

    at: Place
    past: Past

    @classmethod
    def of(cls, at: Place) -> Revisions:
        """Where they are kept, whatever lading.yaml says."""
        return cls(at, Past(states.of(at)))

    def kept(self, service: str | None, last: int | None = None) -> list[Revision]:
        """By service, newest first. Raises UsageError for a service that never was."""
        found = [Revision.of(row) for row in self.past.revisions(service, last)]
        if service is not None and not found:
            raise self._nothing_of(service)
        return found

    def one(self, service: str, number: int) -> Revision:
        """That one. Raises UsageError where there is none."""
        row = self.past.revision(service, number)
        if row is None:
            count = self.counts.get(service, 0)
            if not count:
                raise self._nothing_of(service)
            expected = "1" if count == 1 else f"1 to {count}"
            todo = f"`lading history {service}` shows them"
            raise UsageError(f"{service} has no such revision", "", expected, str(number), todo)
        return Revision.of(row)

    def last_two(self, service: str) -> tuple[Revision, Revision]:
        """The newest, and before it the newest that ever answered: else the one before, if any.

        What was tried and never answered says nothing of what changed. Raises UsageError.
        """
        newest, *earlier = self.kept(service)
        if not earlier:
            raise UsageError(f"{service} has one revision: there is nothing to compare it with")
        return next((one for one in earlier if not one.never_answered), earlier[0]), newest

    def current(self, service: str) -> Revision | None:
        """What runs, or ran before the app went down."""
        asked = self.asked(service)
        if asked is None:
            return None
        if asked.revision is None:
            problem = "the app was started by an earlier Lading, which does not tell its revisions"
            raise ControllerError(problem, todo="`lading down`, then `lading up`")
        return self.one(service, asked.revision)

    def asked(self, service: str) -> WantedService | None:
        """How it is asked for now, or was before the app went down."""
        return next((one for one in self.wanted.services if one.name == service), None)

    def image(self, revision: Revision) -> Image | None:
        """None where the store has not all of it."""
        try:
            return Layout(self.at.folders.store).read(revision.spec.image)
        except StoreError:
            return None

    @cached_property
    def is_up(self) -> bool:
        """Whether a controller answers."""
        return self.status is not None

    @cached_property
    def status(self) -> AppStatus | None:
        """None where the app is down."""
        try:
            return Client(self.at.socket).status()
        except AppNotUp:
            return None

    @cached_property
    def wanted(self) -> WantedApp:
        """What is wanted now, or was before the app went down; of an app that never was up here,
        its gateway alone. Raises SettingsError where that cannot be read then."""
        found = Client(self.at.socket).wanted() if self.is_up else remembered(self.at)
        if found is None:
            app = read(self.at.folder)
            return WantedApp(app.name, app.listener, ())
        return found

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many revisions each service has."""
        return self.past.counts()

    @cached_property
    def _elsewhere(self) -> Mapping[tuple[str, int], Sequence[str]]:
        hosts: dict[tuple[str, int], list[str]] = {}
        for one in self.past.elsewhere():
            hosts.setdefault((one.service, one.revision), []).append(one.host)
        return hosts

    def pushed(self, revisions: Sequence[Revision]) -> Mapping[Digest, str]:
        """Where their images are in registries, as host/repository."""
        found = self.past.pushed({str(one.spec.image) for one in revisions})
        return {Digest.parse(image): location for image, location in found.items()}

    def state(self, revision: Revision, location: str | None) -> str:
        """In words: "running", "kept", …; `location` is where its image was pushed."""
        key = revision.service, revision.number
        told = []
        if here := self._here(revision):
            told.append(here)
        if hosts := self._elsewhere.get(key):
            told.append(f"on {', '.join(sorted(set(hosts)))}")
        if not told:
            blobs = Layout(self.at.folders.store).blobs
            there = blobs.has(revision.spec.image)
            places = ("kept" if there else "", "pushed" if location else "")
            told.append(", ".join(filter(None, places)) or "gone")
            if revision.never_answered:
                told.append("never ready")
        return ", ".join(told)

    def _here(self, revision: Revision) -> str:
        if self.status is None:
            return ""
        for one in self.status.services:
            if (one.name, one.revision) == (revision.service, revision.number):
                return "running" if one.ready else "not ready"
        return ""

    def _nothing_of(self, service: str) -> UsageError:
        if not self.counts:
            return UsageError("the app has no revisions yet", todo="`lading up` starts it")
        return unknown("service with revisions", service, self.counts)
