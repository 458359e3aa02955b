"""A call held to what its service takes."""

from __future__ import annotations

from collections.abc import Mapping

from lading.building.contracts import Argument, Contract
from lading.building.contracts.fitting import Misfit, misfit
from lading.building.contracts.types import UNKNOWN
from lading.errors import SettingsError
from lading.settings.faults import Faults, Place, nearest
from lading.settings.graphs.expressions import Written
from lading.settings.graphs.scope import Scope, Value
from lading.settings.graphs.services import Services
from lading.settings.graphs.values_checked import Document, checked, shown


def call(
    services: Services, name: str, place: Place, arguments: Mapping[str, Written], scope: Scope
) -> tuple[Document, Value]:
    """The call's document, and what it answers. Adds faults at the arguments' own places."""
    faults, contract = services.faults, services.contract(name)
    documents: dict[str, Document] = {}
    for argument, written in arguments.items():
        documents[argument], value = checked(written, scope, faults)
        if contract is not None:
            _fits(name, contract, argument, (written, value), faults)
    if contract is None:
        return _document(name, documents), Value(UNKNOWN)
    for argument, asked in contract.arguments.items():
        if asked.required and argument not in arguments:
            problem = f"{name} is not given {argument}"
            expected = f"{argument}: {asked.type}{_told(asked.where)} in `with`"
            faults.add(place, SettingsError(problem, expected=expected))
    if contract.streams:
        problem = f"{name} streams{_told(contract.where)}, and a stream is no part of a graph"
        faults.add(place, SettingsError(problem, todo="call it from a handler"))
    return _document(name, documents), Value(contract.result, contract.where)


def _document(name: str, arguments: dict[str, Document]) -> Document:
    return {"kind": "call", "service": name, "arguments": arguments}


def _fits(
    name: str, contract: Contract, argument: str, given: tuple[Written, Value], faults: Faults
) -> None:
    written, value = given
    asked = contract.arguments.get(argument)
    if asked is None:
        faults.add(written.place, _unknown(name, contract, argument))
    elif found := misfit(value.type, asked.type):
        faults.add(written.place, _misfit(name, asked, given, found))


def _unknown(name: str, contract: Contract, argument: str) -> SettingsError:
    problem = f"{name} takes no {argument}{_told(contract.where)}"
    if meant := nearest(argument, contract.arguments):
        return SettingsError(problem, todo=f"did you mean {meant}?")
    return SettingsError(problem, expected=", ".join(contract.arguments) or "nothing")


def _misfit(
    name: str, asked: Argument, given: tuple[Written, Value], found: Misfit
) -> SettingsError:
    written, value = given
    at = f" at {found.path.lstrip('.')}" if found.path else ""
    expected = f"{found.wanted}{at}, as {name} takes it{_told(asked.where)}"
    text = shown(written)
    came = f"{found.given}, which {text}{found.path} is{_told(value.where)}" if text else ""
    return SettingsError(expected=expected, came=came or found.given)


def _told(where: str) -> str:
    return f" ({where})" if where else ""
