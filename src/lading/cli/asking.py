"""What `lading up` asks of the controller: the app as lading.yaml has it, and its images."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from lading.controller.messages import WantedApp, WantedService
from lading.oci import Digest
from lading.settings.app import App, Service


def service(one: Service, image: Digest) -> WantedService:
    """A service that runs `image`."""
    return WantedService(
        name=one.name,
        image=str(image),
        limits=one.limits,
        egress=one.egress,
        replicas=one.replicas,
        timeout_seconds=one.timeout_seconds,
        workers=one.workers,
        batching=one.batching,
        http=one.http,
        foreign=one.foreign,
        secrets=one.secrets,
    )


def whole(app: App, images: Mapping[str, Digest]) -> WantedApp:
    """All of the app, but for services that have no image yet; `images` are by service."""
    services = tuple(service(x, images[x.name]) for x in app.services if x.name in images)
    return WantedApp(app.name, app.listener, services)


def only(app: App, images: Mapping[str, Digest], now: WantedApp | None) -> WantedApp:
    """The services that `images` are of, beside all that is wanted now as it is."""
    asked = [service(one, images[one.name]) for one in app.services if one.name in images]
    if now is None or not now.services:
        return WantedApp(app.name, app.listener, tuple(asked))
    others = [one for one in now.services if one.name not in images]
    return replace(now, services=(*others, *asked))


def without(wanted: WantedApp, names: Collection[str], good: WantedApp) -> WantedApp:
    """What is wanted, but the named services as they are in `good`, or not at all."""
    were = {one.name: one for one in good.services}
    services = (were.get(x.name) if x.name in names else x for x in wanted.services)
    return replace(wanted, services=tuple(one for one in services if one))


def differing(before: WantedApp | None, after: WantedApp) -> Collection[str]:
    """Services of which another revision, or another number of replicas, is asked for."""
    if before is None:
        return {one.name for one in after.services}
    was = {one.name: (one.spec(before.listener), one.replicas) for one in before.services}
    return {
        one.name
        for one in after.services
        if was.get(one.name) != (one.spec(after.listener), one.replicas)
    }
