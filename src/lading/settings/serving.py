"""What serves each service: a handler, its only model, a graph, a command or an image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lading.building import flavours
from lading.errors import SettingsError
from lading.settings.compounds import Section
from lading.settings.faults import Faults

_HANDLER = "`handler: module:Class`"
_SERVERS = ("handler", "flavour", "graph", "command", "image")
_OF_OUR_SERVER = ("workers", "batching")
_BUILT = ("source", "python", "base", "requirements", "packages", "model", "ignore")
_OF_CODE = ("source", "requirements", "packages", "model", "ignore", "batching")


def check(written: Section, source: Path, faults: Faults) -> None:
    """Add a fault where nothing serves a service, or two things do, or a flavour has no model.

    Looks at `source` for whether a model is a folder of MLflow's.
    """
    for key, error in _wrong(written, source):
        faults.add(written.at(key) if key else written.place, error)


def _wrong(written: Section, source: Path) -> Iterator[tuple[str, SettingsError]]:
    models: tuple[str, ...] = written.get("model", ())
    yield from _of_ports(written)
    servers = [key for key in _SERVERS if written.has(key)]
    if written.has("image"):
        servers = [key for key in servers if key != "command"]
    if len(servers) > 1:
        first, *others = servers
        problem = f"a {first} serves this service already"
        for other in others:
            yield other, SettingsError(problem, todo=f"remove `{other}`, or `{first}`")
    elif written.has("image"):
        for key in (x for x in (*_BUILT, *_OF_OUR_SERVER) if written.has(x)):
            problem = "says nothing to an image that is run as it is"
            yield key, SettingsError(problem, todo="remove it")
    elif written.has("command"):
        for key in (x for x in _OF_OUR_SERVER if written.has(x)):
            problem = "says nothing to a process that is a server itself"
            yield key, SettingsError(problem, todo="remove it")
    elif written.has("graph"):
        for key in (x for x in _OF_CODE if written.has(x)):
            yield key, SettingsError("says nothing to a graph, which has no code", todo="remove it")
    elif written.has("flavour"):
        yield from _of_flavour(written, models)
    elif not written.has("handler") and models:
        yield "", _unserved_model(models, source)
    elif not written.has("handler"):
        expected = f"{_HANDLER}, `flavour` and `model`, `graph`, `command`, or `image`"
        yield "", SettingsError("nothing serves it", expected=expected, todo="add one of them")


def _of_ports(written: Section) -> Iterator[tuple[str, SettingsError]]:
    if not (written.has("command") or written.has("image")):
        for key in (x for x in ("port", "health") if written.has(x)):
            problem = "is for a `command` or an `image`, and this service has none"
            yield key, SettingsError(problem, todo="remove it")
    if written.has("user") and not written.has("image"):
        problem = "is for an `image`, and this service has none"
        yield "user", SettingsError(problem, todo="remove it: what is built never runs as root")


def _of_flavour(written: Section, models: tuple[str, ...]) -> Iterator[tuple[str, SettingsError]]:
    if not models:
        problem = "there is no model that it could serve"
        todo = "add `model:` with the path of one inside `source`"
        yield "flavour", SettingsError(problem, todo=todo)
    elif len(models) > 1:
        expected = "one path, since a flavour serves one model"
        came = f"{len(models)} of them"
        todo = "keep the one to serve, or write a handler that uses them all"
        yield "model", SettingsError(expected=expected, came=came, todo=todo)


def _unserved_model(models: tuple[str, ...], source: Path) -> SettingsError:
    """Names both ways out, and the flavour where the model tells it."""
    expected = f"{_HANDLER}, or `flavour` with one model"
    flavour = _suggested(models[0], source) if len(models) == 1 else None
    if flavour:
        todo = f"add `flavour: {flavour}` for {models[0]} to be served as it is"
    else:
        todo = f"add either; flavours are {', '.join(flavours.FLAVOURS)}"
    return SettingsError("nothing serves its model", expected=expected, todo=todo)


def _suggested(model: str, source: Path) -> str | None:
    if (source / model / flavours.MLFLOW_FILE).is_file():
        return "mlflow"
    return flavours.of_file(PurePosixPath(model))
