"""Input tensors to a handler's arguments: each tensor is the argument of its name.

An ndarray argument gets the tensor as it is, a list argument the tensor as nested lists, any other
the one element of a tensor that has just one. Elements of BYTES are text, except where the type
asks for bytes; one that is neither text nor a file is read as JSON.
"""

from __future__ import annotations

import contextlib
import dataclasses
import typing
from collections.abc import Sequence
from typing import Any

import msgspec

from ...handlers import wording
from ...handlers.extensions.misfit import Misfit
from ...handlers.handler import Handler
from ...handlers.signature import Parameter
from ...problem import Fault
from .. import validation
from . import ndarrays
from .tensor import InputTensor


def arguments(
    handler: Handler, tensors: Sequence[InputTensor], outputs: Sequence[str] = ()
) -> dict[str, Any]:
    """A model that tells its own tensors gets them as arrays, and the names of wanted outputs.

    Raises Problem `invalid_argument`, which names every tensor that is wrong.
    """
    own = [tensor.name for tensor in handler.facts.get("inputs", ())]
    if len(own) == len(tensors) == 1:
        # With one on both sides, whatever a client calls it: names of servers differ.
        tensors = [dataclasses.replace(tensors[0], name=own[0])]
    given = {tensor.name: tensor for tensor in tensors}
    parameters = handler.signature.parameters
    faults = _surplus([parameter.name for parameter in parameters], tensors)
    converted: dict[str, Any] = {}
    for parameter in parameters:
        tensor = given.get(parameter.name)
        try:
            if tensor is not None:
                told = parameter.name in own
                converted[parameter.name] = _argument(parameter, tensor, told)
            elif own and outputs and parameter.name == "outputs":
                converted["outputs"] = _converted(parameter, list(outputs))
            elif parameter.required:
                faults.append(Fault(parameter.name, parameter.expected, "no tensor of this name"))
        except _Wrong as wrong:
            faults.append(wrong.fault)
    if faults:
        raise validation.invalid(faults)
    return validation.whole(handler.signature, converted)


class _Wrong(Exception):  # noqa: N818 - a fault on its way
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def _surplus(known: Sequence[str], tensors: Sequence[InputTensor]) -> list[Fault]:
    names = [tensor.name for tensor in tensors]
    expected = wording.choices(known) if known else "no tensors"
    faults = [Fault(x, expected, "an unknown tensor") for x in names if x not in known]
    twice = sorted({name for name in names if names.count(name) > 1})
    return faults + [Fault(x, "one tensor of this name", f"{names.count(x)}") for x in twice]


def _argument(parameter: Parameter, tensor: InputTensor, told: bool) -> Any:
    hint = ndarrays.any_array() if told else ndarrays.hint_of(parameter.hint)
    if hint is not None:
        return _array(parameter, hint, tensor)
    flat = _elements(parameter, tensor)
    if tensor.count != 1:
        return _converted(parameter, tensor.nested(flat))
    one, all_of_them = flat[0], tensor.nested(flat)
    first, second = (all_of_them, one) if _takes_lists(parameter) else (one, all_of_them)
    for value in (first, second):
        try:
            return validation.convert_one(parameter, value)
        except msgspec.ValidationError:
            continue
    if isinstance(one, str):
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            first = msgspec.json.decode(one)
    return _converted(parameter, first)


def _converted(parameter: Parameter, value: Any) -> Any:
    try:
        return validation.convert_one(parameter, value)
    except msgspec.ValidationError as error:
        raise _Wrong(validation.faults_of(parameter, value, error)[0]) from None


def _elements(parameter: Parameter, tensor: InputTensor) -> list[Any]:
    flat = tensor.flat()
    if tensor.datatype.size or parameter.takes_bytes or _mentions(parameter.hint, bytes):
        return flat
    try:
        return [element.decode() for element in flat]
    except UnicodeDecodeError:
        came = "bytes that are not UTF-8"
        raise _Wrong(Fault(parameter.name, parameter.expected, came)) from None


def _array(parameter: Parameter, hint: Any, tensor: InputTensor) -> Any:
    try:
        return ndarrays.fitted(tensor, hint)
    except Misfit as misfit:
        fault = misfit.faults[0]
        came = fault.came if fault.field else f"a tensor of {tensor.datatype.name}"
        raise _Wrong(Fault(parameter.name + fault.field, fault.expected, came)) from None


def _takes_lists(parameter: Parameter) -> bool:
    return parameter.is_list or parameter.hint is Any


def _mentions(hint: Any, wanted: type) -> bool:
    if hint is wanted:
        return True
    return any(_mentions(inner, wanted) for inner in typing.get_args(hint))
