"""`lading export compose`: from an app to the values that its files are made of."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lading.building.layers import source as sources
from lading.building.lockfile import Lock
from lading.building.progress import Progress
from lading.cli import asking, locks
from lading.errors import SettingsError, UsageError
from lading.exports import bridged, gateway_image, names, replicas
from lading.exports.replicas import Around, Exported
from lading.gateway.route import Listener
from lading.oci import Digest, Image, Reference
from lading.settings.app import App, Service
from lading.state.folders import Folders
from lading.stores.layout import Layout

# A registry of this name is never asked for anything, so that nobody else's image comes instead.
_LOCAL = "localhost/lading"
_REGISTRY = re.compile(r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*\Z")


@dataclass(frozen=True)
class Wanted:
    """An app, the address its gateway is to answer at, and where its files go."""

    app: App
    listener: Listener
    folder: Path
    registry: str | None


@dataclass(frozen=True)
class Whole:
    """What is exported, its gateway's image last among the images."""

    services: tuple[Exported, ...]
    around: Around
    images: Mapping[Reference, Image]


def checked(app: App, folder: Path, registry: str | None) -> Wanted:
    """Raises UsageError and SettingsError for what could not be exported, before any work."""
    if not app.services:
        raise UsageError("the app has no services", str(app.folder), todo="declare one")
    if registry and not _REGISTRY.match(registry):
        raise UsageError(
            "is not a registry's name",
            "--registry",
            expected="a host, a port and a path, such as registry.example.org:5000/team",
            came=registry,
        )
    check_apart(app, folder.resolve())
    for one in app.services:
        if one.foreign:
            raise UsageError(
                "an image of somebody else's cannot be exported yet",
                f"services.{one.name}.image",
                todo="take it out for the export, and name it in a Compose file of your own",
            )
    return Wanted(app, replace(app.listener, host=_ip(app.listener)), folder, registry)


def exported(wanted: Wanted, lock: Lock, built: Mapping[str, Image], progress: Progress) -> Whole:
    """All that the files are made from; the gateway's image is built here."""
    app, folders = wanted.app, Folders.of_user()
    at = (Layout(folders.store), folders.cache)
    by_service = {one.name: locks.locked_for(one.recipe, lock) for one in app.services}
    services = tuple(
        _service(one, built[one.name], by_service[one.name].interpreter, wanted, at[0])
        for one in app.services
    )
    # Of one environment or another: a base that is there already, and that others share.
    locked = by_service[app.services[0].name]
    routes = [replicas.route(one) for one in services]
    gateway = gateway_image.built(app.name, wanted.listener, routes, locked, at, progress).image
    around = Around(
        app=app.name,
        gateway=names.gateway([one.name for one in services]),
        gateway_image=_called(wanted, names.GATEWAY_IMAGE, gateway),
        gateway_python=locked.interpreter,
    )
    images = {_reference(wanted, one.name, one.image): one.image for one in services}
    images[_reference(wanted, names.GATEWAY_IMAGE, gateway)] = gateway
    return Whole(services, around, images)


def _service(one: Service, image: Image, python: str, wanted: Wanted, store: Layout) -> Exported:
    if one.http:
        image = bridged.bridged(image, store)
    return Exported(
        name=one.name,
        image=image,
        called=_called(wanted, one.name, image),
        spec=asking.service(one, image.digest).spec(wanted.listener),
        replicas=one.replicas,
        python=python,
    )


def _reference(wanted: Wanted, name: str, image: Image) -> Reference:
    """The name of an image in the archive, or in the layout."""
    path = f"{wanted.app.name}/{name}"
    if wanted.registry:
        return Reference(path)
    # An engine may know what it has loaded by another digest, but always by its name.
    return Reference(f"{_LOCAL}/{path}", f"sha256-{Digest.of(image.config).hex}")


def _called(wanted: Wanted, name: str, image: Image) -> str:
    """The image, as Compose is to name it."""
    if wanted.registry:
        return f"{wanted.registry}/{wanted.app.name}/{name}@{image.digest}"
    return str(_reference(wanted, name, image))


def _ip(listener: Listener) -> str:
    host = "127.0.0.1" if listener.host == "localhost" else listener.host
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise SettingsError(
            "a name may be another address on another machine",
            "gateway.host",
            expected="an IP address",
            came=listener.host,
            todo="set gateway.host in lading.yaml to 0.0.0.0 or 127.0.0.1",
        ) from None


def check_apart(app: App, folder: Path) -> None:
    """Raises UsageError where what is written would be in an image from then on."""
    for recipe in app.recipes:
        source = recipe.source.resolve()
        if not folder.is_relative_to(source):
            continue
        ignored = sources.ignored(recipe)
        path = folder.relative_to(source)
        above = [p.as_posix() for p in (path, *path.parents) if p != Path()]
        if not any(ignored(one, True) for one in above):
            name = f"/{path.as_posix()}" if above else ""
            raise UsageError(
                f"is inside the source of {recipe.name}, and would be in its image from then on",
                str(folder),
                todo=f"write to another folder, or add {name!r} to its `ignore`"
                if name
                else "write to another folder",
            )
