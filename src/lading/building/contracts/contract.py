"""What a service takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lading.building.contracts.types import (
    FLOAT,
    INT,
    NULL,
    NUMBER,
    STR,
    Exactly,
    Field,
    Listed,
    OneOf,
    Opaque,
    Record,
    Type,
)


@dataclass(frozen=True)
class Argument:
    """One that predict takes. `where` is the file and line that it stands on."""

    type: Type
    required: bool = True
    where: str = ""


@dataclass(frozen=True)
class Contract:
    """Of a service whose arguments are known, by name. `where` is where its predict stands."""

    arguments: Mapping[str, Argument] = field(hash=False)
    result: Type
    where: str = ""
    streams: bool = False
    """Whether it answers with one result after the other."""


_ROWS = Opaque("rows", frozenset({"array", "object"}))
_VALUE = OneOf((FLOAT, INT, STR, Exactly((True, False))))


def of_rows() -> Contract:
    """What every flavour for rows of features takes and gives."""
    outputs = Listed(Exactly(("predictions", "probabilities")))
    answer = Record(
        "its answer",
        {
            "predictions": Field(Listed(OneOf((_VALUE, Listed(_VALUE)))), required=False),
            "probabilities": Field(
                Listed(Listed(Opaque("float", frozenset({NUMBER, NULL})))), required=False
            ),
        },
    )
    return Contract({"inputs": Argument(_ROWS), "outputs": Argument(outputs, False)}, answer)
