"""A model's metadata: its tensors as the model tells them, else as the type hints do."""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterator, Sequence
from typing import Any, Literal, Optional

import msgspec

from ...call import Answer
from ...handlers.extensions import arrays
from ...handlers.handler import Handler
from ...handlers.tensors import Tensor
from ...open_inference import VERSION
from . import ndarrays
from .datatypes import of_numpy
from .results import ONLY

_PLATFORM = "lading_python"
_ANY = -1
_SCALARS: dict[Any, str] = {bool: "BOOL", int: "INT64", float: "FP64"}
_LISTS = (list, tuple, set, frozenset)


def metadata(service: str, handler: Handler) -> Answer:
    """The answer to a request for it."""
    facts = handler.facts
    inputs = facts.get("inputs") or tuple(
        _tensor(parameter.name, parameter.hint) for parameter in handler.signature.parameters
    )
    results = facts.get("outputs") or tuple(_outputs(handler.signature.result))
    document = {
        "name": service,
        "versions": [VERSION],
        "platform": facts.get("platform", _PLATFORM),
        "inputs": _described(inputs),
        "outputs": _described(results),
    }
    return Answer(msgspec.json.encode(document))


def _described(tensors: Sequence[Tensor]) -> list[dict[str, Any]]:
    return [{"name": x.name, "datatype": x.datatype, "shape": list(x.shape)} for x in tensors]


def _outputs(hint: Any) -> Iterator[Tensor]:
    """Nothing where the names are known only once there is a result."""
    fields = _fields(hint)
    if fields:
        for name, inner in fields.items():
            yield _tensor(name, inner)
    elif hint not in (None, Any, dict) and typing.get_origin(hint) is not dict:
        yield _tensor(ONLY, hint)


def _fields(hint: Any) -> Optional[dict[str, Any]]:
    if not isinstance(hint, type) or issubclass(hint, (enum.Enum, *_SCALARS, str, bytes)):
        return None
    if hasattr(hint, "__dataclass_fields__") or hasattr(hint, "__struct_fields__"):
        return typing.get_type_hints(hint)
    if hasattr(hint, "_fields") or hasattr(hint, "__total__"):  # NamedTuple, TypedDict
        return typing.get_type_hints(hint)
    return None


def _tensor(name: str, hint: Any) -> Tensor:
    array = ndarrays.hint_of(hint)
    if array is not None:
        dtype = arrays.dtype_of(array)
        datatype = of_numpy(dtype) if dtype is not None else None
        return Tensor(name, datatype.name if datatype else "FP64", (_ANY,))
    hint, depth = _bare(hint), 0
    while typing.get_origin(hint) in _LISTS or hint in _LISTS:
        inner = typing.get_args(hint)
        hint, depth = (_bare(inner[0]) if inner else Any), depth + 1
    return Tensor(name, _scalar(hint), (_ANY,) * depth or (1,))


def _scalar(hint: Any) -> str:
    """BYTES for text and bytes, and for what passes as JSON in an element of BYTES."""
    if typing.get_origin(hint) is Literal:
        kinds = {type(choice) for choice in typing.get_args(hint)}
        hint = kinds.pop() if len(kinds) == 1 else str
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        kinds = {type(member.value) for member in hint}
        hint = kinds.pop() if len(kinds) == 1 else str
    return _SCALARS.get(hint, "BYTES") if isinstance(hint, type) else "BYTES"


def _bare(hint: Any) -> Any:
    """Without `Annotated` and `Optional`."""
    if hasattr(hint, "__metadata__"):
        return _bare(hint.__origin__)
    options = [x for x in typing.get_args(hint) if x is not type(None)]
    union = typing.get_origin(hint) is typing.Union or type(hint).__name__ == "UnionType"
    return _bare(options[0]) if union and len(options) == 1 else hint
