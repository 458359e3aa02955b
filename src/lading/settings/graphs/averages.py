"""Types of ensembles: what is taken of a member's result, and the mean of several."""

from __future__ import annotations

from lading.building.contracts.inside import inside
from lading.building.contracts.types import (
    ARRAY,
    FLOAT,
    NUMBER,
    OBJECT,
    UNKNOWN,
    Field,
    Listed,
    Mapped,
    Record,
    Row,
    Type,
    forms,
)
from lading.errors import SettingsError
from lading.settings.faults import Faults, Place
from lading.settings.graphs.nodes import WrittenNode


def taken(faults: Faults, node: WrittenNode, place: Place, type_: Type) -> Type:
    """What `take` leads to. Adds a fault, and gives Unknown, where that is nothing."""
    for step in node.get("take", ()):
        found = inside(type_, step)
        if found is None:
            error = SettingsError(f"its result has no {step}: it is {type_}")
            faults.add(place, error)
            return UNKNOWN
        type_ = found
    return type_


def no_number(type_: Type) -> tuple[str, str] | None:
    """The path and type of a part that surely is no number; None where there is none such."""
    parts: list[tuple[str, Type]] = []
    match type_:
        case Listed(item):
            parts = [("[*]", item)]
        case Mapped(value):
            parts = [(".*", value)]
        case Row(items):
            parts = [(f"[{i}]", one) for i, one in enumerate(items)]
        case Record(fields=fields):
            parts = [(f".{name}", one.type) for name, one in fields.items() if one.required]
        case _:
            known = forms(type_)
            return ("", str(type_)) if known and not known & {NUMBER, ARRAY, OBJECT} else None
    for step, part in parts:
        if (found := no_number(part)) is not None:
            return f"{step}{found[0]}", found[1]
    return None


def average(types: list[Type]) -> Type:
    """The mean's type, which is that of the first, its numbers being floats."""
    if any(type(one) is not type(types[0]) for one in types):
        return UNKNOWN
    return _average(types[0])


def _average(type_: Type) -> Type:
    if forms(type_) == {NUMBER}:
        return FLOAT
    match type_:
        case Listed(item):
            return Listed(_average(item))
        case Row(items):
            return Row(tuple(map(_average, items)))
        case Mapped(value):
            return Mapped(_average(value))
        case Record(fields=fields):
            means = {x: Field(_average(one.type), one.required) for x, one in fields.items()}
            return Record("", means)
    return UNKNOWN
