"""`predict_batch(self, inputs: list[Input]) -> list[Output]`: many requests in one call.

Where Input has fields, they are the arguments of a request; any other Input is one argument, named
as the parameter without its final "s". A `numpy.ndarray` in place of the list gets the requests'
arrays stacked on a new first axis: those of equal shape and dtype together, in as many calls as
there are shapes.
"""

from __future__ import annotations

import collections.abc
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from . import hints
from .extensions import arrays
from .hints import SignatureError
from .records import Record, record
from .signature import Parameter, Signature, parameter, signature_of

LISTS = (list, tuple, collections.abc.Sequence, collections.abc.Collection)
Batch = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Batched:
    """What predict_batch's one parameter says. `name` is that of a request's argument."""

    name: str
    item: Any
    result: Any
    stacked: bool
    record: Optional[Record]

    def signature(self) -> Signature:
        """Of one request. Raises SignatureError."""
        if self.record is None:
            parameters = [parameter(self.name, self.item, "predict_batch")]
        else:
            parameters = [
                parameter(x.name, x.hint, "predict_batch", required=x.required, default=x.default)
                for x in self.record.fields
            ]
        return signature_of(tuple(parameters), self.result, record=self.record)


def read(function: Callable[..., Any]) -> Batched:
    """Raises SignatureError when it does not take one list and give one."""
    described = inspect.signature(function)
    given = list(described.parameters.values())
    if len(given) != 1 or given[0].kind not in (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.POSITIONAL_ONLY,
    ):
        names = ", ".join(f"'{x.name}'" for x in given) or "nothing"
        raise SignatureError(
            f"predict_batch takes {names}; it takes one list, such as 'inputs: list[Input]'"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise SignatureError("predict_batch yields; it returns a list, one result an input")
    item, stacked = _item(given[0], function)
    name = given[0].name
    name = name[:-1] if name.endswith("s") and len(name) > 1 else name
    try:
        fields = record(name, item)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise SignatureError(f"the Input of predict_batch cannot be read: {why}") from error
    return Batched(name, item, _result(described.return_annotation, function), stacked, fields)


def _item(given: inspect.Parameter, function: Any) -> tuple[Any, bool]:
    """The type of one request's input, and whether inputs come stacked."""
    name = given.name
    if given.annotation is given.empty:
        raise SignatureError(
            f"parameter '{name}' of predict_batch has no type; "
            f"add one, such as '{name}: list[Input]'"
        )
    hint = hints.evaluate(name, given.annotation, function)
    if arrays.owns(hint):
        return hint, True
    if hints.origin(hint) not in LISTS or not hints.arguments(hint):
        raise SignatureError(
            f"parameter '{name}' of predict_batch is not a list of something; "
            f"write '{name}: list[Input]'"
        )
    return hints.arguments(hint)[0], False


def _result(annotation: Any, function: Any) -> Any:
    """The type of one request's result; None where it is open."""
    if annotation is inspect.Signature.empty:
        return None
    hint = hints.evaluate("return", annotation, function)
    if hint is Any or arrays.owns(hint):
        return None
    if hints.origin(hint) not in LISTS:
        shown = getattr(hint, "__name__", hint)
        raise SignatureError(
            f"predict_batch is said to return {shown}; it returns a list, one result an input"
        )
    arguments = hints.arguments(hint)
    return arguments[0] if arguments else None


def adapt(function: Callable[..., Any], batched: Batched, single: Sequence[Parameter]) -> Any:
    """A `Handler.predict_batch` around the user's; `single` are the parameters of one request."""
    name = batched.name
    default = next((x.default for x in single if x.name == name), None)

    def inputs(batch: Batch) -> list[Any]:
        return [arguments.get(name, default) for arguments in batch]

    if batched.stacked:
        return _stacking(function, inputs)
    if inspect.iscoroutinefunction(function):

        async def awaited(batch: Batch) -> Any:
            return await function(inputs(batch))

        return awaited

    def predict_batch(batch: Batch) -> Any:
        return function(inputs(batch))

    return predict_batch


def _stacking(function: Callable[..., Any], inputs: Callable[[Batch], list[Any]]) -> Any:
    if inspect.iscoroutinefunction(function):

        async def awaited(batch: Batch) -> Any:
            stacks = arrays.stacks(inputs(batch))
            return _in_order([(places, await function(stack)) for places, stack in stacks])

        return awaited

    def predict_batch(batch: Batch) -> Any:
        stacks = arrays.stacks(inputs(batch))
        return _in_order([(places, function(stack)) for places, stack in stacks])

    return predict_batch


def _in_order(given: list[tuple[list[int], Any]]) -> Any:
    """The results of all shapes, each at its request's place."""
    if len(given) == 1:
        return given[0][1]
    ordered: dict[int, Any] = {}
    for places, results in given:
        if len(results) != len(places):
            raise ValueError(
                f"predict_batch gave {len(results)} results for {len(places)} inputs of one shape"
            )
        ordered.update(zip(places, results))  # noqa: B905 - from Python 3.10
    return [ordered[place] for place in range(len(ordered))]
