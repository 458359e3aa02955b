"""Which name each image of an app has in a registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from lading.cli import building
from lading.errors import SettingsError, StoreError, UsageError
from lading.oci import Reference
from lading.oci.location import Location
from lading.settings.app import App
from lading.stores.registry.hosts import Host
from lading.stores.registry.naming import EXAMPLE, Place

_TODO = f"write `registry: {EXAMPLE}` into lading.yaml, or name one by"


@dataclass(frozen=True)
class Placed:
    """A service or step, its image in the store, and the place of it in a registry."""

    name: str
    here: Reference
    there: Location


@dataclass(frozen=True)
class Given:
    """What the command line says of names in a registry. `option` is "--to" or "--from"."""

    option: str
    place: str | None
    tag: str | None
    insecure: bool = False


def placed(app: App, names: Iterable[str], given: Given) -> list[Placed]:
    """Of the services and steps named, else of all services. Raises UsageError, SettingsError.

    Images of others, which a service only runs, stay where they are.
    """
    named = tuple(names)
    recipes = building.chosen(app, named)
    own = [one.name for one in recipes if not one.is_foreign]
    if others := [one.name for one in recipes if one.is_foreign and named]:
        todo = "leave it out"
        raise UsageError(
            "runs somebody else's image, which stays where it is", others[0], todo=todo
        )
    if not own:
        came = "images of others, which stay where they are" if recipes else "no service"
        raise UsageError("the app has no image of its own to move", app.name, came=came)
    if given.place and _is_whole(given.place):
        return [_whole(app, own, given)]
    place = _place(app, given)
    try:
        return [_placed(app, one, place.of(app.name, one, given.tag or "latest")) for one in own]
    except StoreError as error:
        raise UsageError("--tag", expected=error.expected, came=error.came) from error


def heeding(app: App, wanted: Iterable[Placed], given: Given) -> App:
    """The app, knowing of registries what the command line says of them besides."""
    if not given.insecure:
        return app
    known = dict(app.registries)
    for host in {one.there.host for one in wanted}:
        known[host] = replace(known.get(host, Host()), insecure=True)
    return replace(app, registries=known)


def _is_whole(text: str) -> bool:
    """Whether it is a name with a tag or a digest, and not a place for names."""
    return "@" in text or ("/" in text and ":" in text.rpartition("/")[2])


def _whole(app: App, own: list[str], given: Given) -> Placed:
    text = str(given.place)
    if given.tag:
        problem = "has a tag already, or a digest"
        raise UsageError(problem, f"{given.option} {text}", todo="leave out --tag")
    if len(own) > 1:
        problem = "is the name of one image"
        todo = f"name one service, or a place for all, such as {given.option} {EXAMPLE}"
        raise UsageError(problem, f"{given.option} {text}", came=", ".join(own), todo=todo)
    try:
        location = Location.parse(text)
    except StoreError as error:
        raise UsageError(error.problem, given.option, error.expected, error.came) from error
    if location.digest and given.option == "--to":
        todo = "name a tag in its place"
        raise UsageError("what is pushed has the digest it has", given.option, came=text, todo=todo)
    return _placed(app, own[0], location)


def _place(app: App, given: Given) -> Place:
    text = given.place or app.registry
    if not text:
        raise SettingsError("no registry is named", "lading.yaml", todo=f"{_TODO} {given.option}")
    try:
        return Place.parse(text)
    except UsageError as error:
        whole = f", or for one service {EXAMPLE}/name:tag"
        raise UsageError(error.problem, given.option, error.expected + whole, text) from error


def _placed(app: App, name: str, there: Location) -> Placed:
    return Placed(name, Reference(f"{app.name}/{name}"), there)
