"""What the names of a graph stand for, while it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lading.building.contracts.inside import inside
from lading.building.contracts.types import BYTES, NONE, UNKNOWN, OneOf, Record, Type
from lading.errors import SettingsError
from lading.settings.faults import Faults, nearest
from lading.settings.graphs.expressions import Reference


@dataclass(frozen=True)
class Value:
    """What a name stands for. `where` is a file and line that says so."""

    type: Type
    where: str = ""
    is_input: bool = False


@dataclass(frozen=True)
class Scope:
    """Names that may be referred to; those of steps that are not checked yet are Unknown."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def within(self, more: Mapping[str, Value]) -> Scope:
        return Scope({**self.values, **more})

    def refer(self, reference: Reference, faults: Faults) -> Value:
        """What a reference leads to. Adds a fault, and gives Unknown, where there is nothing."""
        known = self.values.get(reference.name)
        if known is None:
            meant = nearest(reference.name, self.values)
            names = ", ".join(f"${name}" for name in self.values)
            faults.add(
                reference.place,
                SettingsError(
                    f"${reference.name} is no input and no step",
                    expected="" if meant else f"one of {names}" if names else "",
                    todo=f"did you mean ${meant}?" if meant else "",
                ),
            )
            return Value(UNKNOWN)
        type_, where, text = known.type, known.where, f"${reference.name}"
        for step in reference.path:
            found = inside(type_, step)
            if found is None:
                faults.add(reference.place, _absent(text, type_, step, where))
                return Value(UNKNOWN)
            where = _where(type_) or where
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
            type_ = found
        return Value(type_, where, known.is_input)


def is_base64(value: Value) -> bool:
    """Whether bytes come as text: those of an answer do, the input's are bytes already."""
    members = value.type.members if isinstance(value.type, OneOf) else (value.type,)
    present = [one for one in members if one != NONE]
    return not value.is_input and bool(present) and all(one == BYTES for one in present)


def _where(type_: Type) -> str:
    return type_.where if isinstance(type_, Record) else ""


def _absent(text: str, type_: Type, step: str | int, where: str) -> SettingsError:
    asked = f"position {step}" if isinstance(step, int) else step
    told = f"{text} has no {asked}: it is {type_}"
    place = _where(type_) or where
    fields = list(type_.fields) if isinstance(type_, Record) else []
    meant = nearest(step, fields) if isinstance(step, str) else None
    expected = f"one of {', '.join(fields)}" if fields and not meant else ""
    todo = f"did you mean {meant}?" if meant else ""
    return SettingsError(f"{told} ({place})" if place else told, expected=expected, todo=todo)
