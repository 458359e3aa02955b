"""The services that a graph may call: whether there is one of a name, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lading.building.contracts import Contract
from lading.building.contracts.contract import of_rows
from lading.building.recipe import Recipe
from lading.errors import SettingsError
from lading.settings.compounds import Section
from lading.settings.faults import Faults, Place, nearest

_OF_ROWS = {"sklearn", "xgboost", "lightgbm"}


@dataclass(frozen=True)
class Services:
    """All of an app, as they were written. `graphs` are the contracts of those checked so far."""

    written: Mapping[str, Section]
    recipes: Mapping[str, Recipe]
    steps: frozenset[str]
    """Names of the app's steps, which run to completion and answer nobody."""
    faults: Faults
    graphs: dict[str, Contract] = field(default_factory=dict)
    _read: dict[str, Contract | None] = field(default_factory=dict)

    def known(self, name: str, place: Place) -> bool:
        """Whether there is a service of that name; adds a fault where there is none."""
        if name in self.written:
            return True
        meant = nearest(name, self.written)
        problem = f"no service is named {name}"
        if name in self.steps:
            problem = f"{name} is a step, which runs to completion and answers nobody"
        error = SettingsError(problem, todo=f"did you mean {meant}?" if meant else "")
        self.faults.add(place, error)
        return False

    def is_command(self, name: str) -> bool:
        """Whether it is a process of the user's own that speaks HTTP."""
        return self.written[name].has("command")

    def contract(self, name: str) -> Contract | None:
        """What it takes and gives; None where that cannot be known."""
        if name in self.graphs:
            return self.graphs[name]
        if name not in self._read:
            self._read[name] = self._contract(name)
        return self._read[name]

    def _contract(self, name: str) -> Contract | None:
        if self.written[name].get("flavour") in _OF_ROWS:
            return of_rows()
        recipe = self.recipes[name]
        if recipe.handler is None or not recipe.source.is_dir():
            return None
        # Imported where a handler is to be read: 10 ms.
        from lading.building.handler import offering

        return offering.contract(recipe.source, recipe.handler, recipe.environment.python)
