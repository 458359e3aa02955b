"""What `lading up` would do: the app on disk beside what was asked for last. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lading.building import contents
from lading.building.contents import Contents
from lading.building.forecast import Forecast
from lading.building.lockfile import Lock
from lading.cli import asking
from lading.cli.elsewhere import Elsewhere
from lading.cli.locks import locked_for
from lading.controller.client import Client
from lading.controller.messages import WantedApp
from lading.controller.place import Place
from lading.controller.remembered import remembered
from lading.errors import StoreError
from lading.oci import Digest
from lading.releases import changes
from lading.releases.changes import Asked, Changes
from lading.releases.revision import replicas_of
from lading.settings.app import App, Service
from lading.stores.layout import Layout

_TO_BE_MADE = Digest.of(b"")
"""Stands for an image that nobody can name yet; nothing looks at it."""


@dataclass(frozen=True)
class Now:
    """What is asked for at the moment, and what there is of it."""

    wanted: WantedApp | None
    """What was wanted before, where the app is down."""
    running: Collection[str]
    """Services that have replicas, or will have them without anything being done."""

    @classmethod
    def of(cls, at: Place) -> Now:
        """As it is at this moment."""
        client = Client(at.socket)
        if client.answers():
            return cls(client.wanted(), {one.name for one in client.status().services})
        left = replicas_of(at.app, at.engine.names())
        return cls(remembered(at), {one.service for one in left})


@dataclass(frozen=True)
class Planner:
    """Compares; `lock` is None while there is none."""

    app: App
    at: Place
    lock: Lock | None
    check: bool = False
    """Whether what a build would refuse without beginning is refused here."""
    images: Mapping[str, Digest] = field(default_factory=dict)
    """By service, those that run as the store has them, whatever the source says."""

    def plan(self, now: Now, names: Sequence[str] = ()) -> Changes:
        """The plan for the named services, or for all of the app.

        Raises SettingsError, BuildError, StoreError.
        """
        services = [one for one in self.app.services if not names or one.name in names]
        after = {one.name: self._asked(one) for one in services}
        running = set(now.running) & after.keys() if names else now.running
        listener = now.wanted.listener if now.wanted else None
        moved = () if names and now.running else changes.gateway(listener, self.app.listener)
        return Changes(changes.compare(self._before(now.wanted), after, running), moved)

    def _before(self, wanted: WantedApp | None) -> dict[str, Asked]:
        if wanted is None:
            return {}
        return {
            one.name: Asked(
                spec := one.spec(wanted.listener),
                one.replicas,
                spec.image,
                lambda image=spec.image: self._stored(image),  # type: ignore[misc]
                one.occasion.returns_to,
            )
            for one in wanted.services
        }

    def _asked(self, service: Service) -> Asked:
        wanted = asking.service(service, _TO_BE_MADE)
        spec = wanted.spec(self.app.listener)
        if (image := self.images.get(service.name)) is not None:
            return Asked(spec, service.replicas, image, lambda: self._stored(image))
        if self.lock is None:
            return Asked(spec, service.replicas, None, lambda: None)
        forecast = self._foreseen(service, self.lock)
        made = forecast.image.digest if forecast.image else None
        if service.foreign and (locked := forecast.locked.image):
            made = Digest.parse(locked.digest)  # known before it is here
        return Asked(spec, service.replicas, made, lambda: contents.of_forecast(forecast))

    def _foreseen(self, service: Service, lock: Lock) -> Forecast:
        there = Elsewhere(self.app, self._store, self.at.folders.cache)
        return there.foresee(service.recipe, locked_for(service.recipe, lock), check=self.check)

    def _stored(self, image: Digest) -> Contents | None:
        try:
            return contents.of_image(self._store.read(image))
        except StoreError:
            return None

    @property
    def _store(self) -> Layout:
        return Layout(self.at.folders.store)
