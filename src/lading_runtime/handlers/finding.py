"""From `module:attribute` to what it names in the user's code."""

from __future__ import annotations

import importlib
import importlib.machinery
import inspect
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from .handler import HandlerError

_SHOWN = 8
"""Names that an error lists."""


def find(name: str, source: str) -> Any:
    """Import the module, from the folder `source` before all others.

    Raises HandlerError that says what there is instead, and whatever the module raises.
    """
    if source not in sys.path:
        sys.path.insert(0, source)
    module_name, _, attribute = name.partition(":")
    _make_way(module_name.partition(".")[0], source)
    target: Any = _import(module_name, source)
    for part in attribute.split("."):
        if not hasattr(target, part):
            there = _listed(_offered(target)) or "no class or function"
            raise HandlerError(f"{module_name} has no {attribute}; it has {there}")
        target = getattr(target, part)
    return target


def _import(name: str, source: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Another module than the handler's own, or those around it, is missed by the user's code.
        if not f"{name}.".startswith(f"{error.name}."):
            raise
    stem = name.replace(".", "/")
    raise HandlerError(
        f"there is no module {name!r}: expected {stem}.py or {stem}/__init__.py in {source}, "
        f"got {_listed(_files(source)) or 'no Python files'}"
    )


def _make_way(name: str, source: str) -> None:
    """For a handler whose module is called as one that the server has loaded, such as `queue`."""
    loaded = sys.modules.get(name)
    spec = importlib.machinery.PathFinder.find_spec(name, [source])
    if loaded is None or spec is None or spec.origin is None:
        return
    if getattr(loaded, "__file__", None) != spec.origin:
        del sys.modules[name]


def _offered(target: Any) -> Iterable[str]:
    """The classes and functions of a module or class that are its own."""
    home = target.__name__ if inspect.ismodule(target) else getattr(target, "__module__", None)
    for name, value in vars(target).items() if hasattr(target, "__dict__") else ():
        own = getattr(value, "__module__", None) == home
        if (
            own
            and not name.startswith("_")
            and (inspect.isclass(value) or inspect.isroutine(value))
        ):
            yield name


def _files(source: str) -> Iterable[str]:
    return [entry.name for entry in os.scandir(source) if entry.name.endswith(".py")]


def _listed(names: Iterable[str]) -> str:
    every = sorted(names)
    return ", ".join(every[:_SHOWN]) + (" and others" if len(every) > _SHOWN else "")
