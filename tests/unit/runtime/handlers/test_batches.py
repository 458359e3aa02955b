"""predict_batch: what one request must hold, and what the user's function gets of many."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

import msgspec
import numpy as np
import pydantic
import pytest
from pydantic import v1

from lading_runtime.handlers.handler import HandlerError
from lading_runtime.handlers.loading import handler_of
from tests.unit.runtime.dataplane.calls import call, faults, plane


@dataclass
class Pair:
    left: int
    right: str = "r"

    def __post_init__(self) -> None:
        if self.left < 0:
            raise ValueError("left is below right")


class Keyed(TypedDict, total=False):
    left: int
    right: str


class Named(NamedTuple):
    left: int
    right: str = "r"


class Shaped(msgspec.Struct, rename="camel"):
    left: int
    right_side: str = "r"


class Modelled(pydantic.BaseModel):
    left: int
    right: str = pydantic.Field("r", alias="rightSide")

    @pydantic.model_validator(mode="after")
    def ordered(self) -> Modelled:
        if self.left < 0:
            raise ValueError("left is below right")
        return self


class OlderModelled(v1.BaseModel):
    left: int
    right: str = "r"


def batching(hint: Any, result: Any = list[Any]) -> Any:
    class Handler:
        def predict_batch(self, inputs):
            return inputs

    Handler.predict_batch.__annotations__ = {"inputs": hint, "return": result}
    return Handler()


def through(target: Any, *bodies: bytes) -> Any:
    served = plane(target)
    return served.handler.predict_batch([served.read(call(body)) for body in bodies])


@pytest.mark.parametrize(
    ("hint", "body", "made"),
    [
        (list[Pair], b'{"left": 1}', Pair(1)),
        (list[Keyed], b'{"left": 1}', {"left": 1}),
        (list[Named], b'{"left": 1}', Named(1)),
        (list[Shaped], b'{"left": 1, "rightSide": "x"}', Shaped(1, "x")),
        (list[Modelled], b'{"left": 1, "rightSide": "x"}', Modelled(left=1, rightSide="x")),
        (list[OlderModelled], b'{"left": 1}', OlderModelled(left=1)),
        (list[list[float]], b'{"input": [1, 2]}', [1.0, 2.0]),
        (tuple[int, ...], b'{"input": 3}', 3),
    ],
)
def test_a_request_holds_the_fields_of_an_input_or_one_argument(
    hint: Any, body: bytes, made: Any
) -> None:
    given = through(batching(hint), body, body)
    assert given == [made, made]
    assert type(given[0]) is type(made)


@pytest.mark.parametrize("hint", [list[Pair], list[Modelled]])
def test_what_an_input_itself_refuses_is_said_to_its_caller_alone(hint: Any) -> None:
    (fault,) = faults(plane(batching(hint)), call(b'{"left": -1}'))
    assert fault[1].endswith("left is below right")


def test_wrong_and_unknown_fields_of_an_input_are_named() -> None:
    assert faults(plane(batching(list[Pair])), call(b'{"lift": 1, "right": 2}')) == [
        ("lift", "'left'", "an unknown argument"),
        ("left", "int", "nothing"),
        ("right", "str", "int"),
    ]
    (fault,) = faults(plane(batching(list[OlderModelled])), call(b'{"left": "x"}'))
    assert fault == ("left", "value is not a valid integer", '"x"')


def test_arrays_of_one_shape_come_stacked_and_results_go_back_in_order() -> None:
    seen = []

    class Sums:
        def predict_batch(self, arrays: np.ndarray) -> np.ndarray:
            seen.append(arrays.shape)
            return arrays.sum(axis=1)

    one, other = b'{"array": [1, 2]}', b'{"array": [1, 2, 3]}'
    assert list(through(Sums(), one, other, one)) == [3, 6, 3]
    assert seen == [(2, 2), (1, 3)]
    assert list(through(Sums(), one, one)) == [3, 3]


def test_a_wrong_count_for_one_of_many_shapes_shifts_no_answer() -> None:
    class Drops:
        def predict_batch(self, arrays: np.ndarray) -> np.ndarray:
            return arrays[1:]

    with pytest.raises(ValueError, match="predict_batch gave 0 results for 1 inputs of one shape"):
        through(Drops(), b'{"array": [1]}', b'{"array": [1, 2]}')


def test_an_asynchronous_batch_is_awaited_beside_an_asynchronous_predict() -> None:
    class Both:
        async def predict(self, left: int, right: str = "p") -> str:
            return f"{left}{right}"

        async def predict_batch(self, inputs: list[Pair]) -> list[str]:
            return [f"{one.left}{one.right}!" for one in inputs]

    served = plane(Both())
    arguments = served.read(call(b'{"left": 1}'))
    handler = served.handler
    assert handler.asynchronous
    assert asyncio.run(handler.predict_batch([arguments])) == ["1r!"]
    assert asyncio.run(handler.predict(**arguments)) == "1r"
    assert handler.signature.result is str


def test_a_default_of_predict_holds_in_a_batch() -> None:
    class Both:
        def predict(self, number: int = 7) -> int:
            return number

        def predict_batch(self, numbers: list[int]) -> list[int]:
            return numbers

    assert through(Both(), b"{}", b'{"number": 2}') == [7, 2]


def test_a_function_called_predict_batch_is_one() -> None:
    def double(numbers: list[int]) -> list[int]:
        return [2 * number for number in numbers]

    served = plane(double, "m:predict_batch")
    assert served.handler.predict is None
    assert served.handler.predict_batch([served.read(call(b'{"number": 4}'))]) == [8]


class Nothing: ...


class Two:
    def predict_batch(self, inputs: list[int], size: int) -> list[int]: ...


class Untyped:
    def predict_batch(self, inputs): ...


class NoList:
    def predict_batch(self, inputs: dict[str, int]) -> list[int]: ...


class GivesDict:
    def predict_batch(self, inputs: list[int]) -> dict[str, int]: ...


class Yields:
    def predict_batch(self, inputs: list[int]) -> list[int]:
        yield 1


class Others:
    def predict(self, a: int, b: int) -> int: ...
    def predict_batch(self, inputs: list[Pair]) -> list[int]: ...


class HalfAsync:
    def predict(self, input: int) -> int: ...
    async def predict_batch(self, inputs: list[int]) -> list[int]: ...


class Opaque:
    def predict_batch(self, inputs: list[Nothing]) -> list[int]: ...


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Nothing, "H has no predict method; add one (or predict_batch), or name a function"),
        (
            Two,
            "predict_batch takes 'inputs', 'size'; "
            "it takes one list, such as 'inputs: list[Input]'",
        ),
        (
            Untyped,
            "parameter 'inputs' of predict_batch has no type; "
            "add one, such as 'inputs: list[Input]'",
        ),
        (
            NoList,
            "parameter 'inputs' of predict_batch is not a list of something; "
            "write 'inputs: list[Input]'",
        ),
        (
            GivesDict,
            "predict_batch is said to return dict; it returns a list, one result an input",
        ),
        (Yields, "predict_batch yields; it returns a list, one result an input"),
        (
            Others,
            "predict takes 'a', 'b' and predict_batch 'left', 'right'; "
            "both need the same arguments",
        ),
        (
            HalfAsync,
            "one of predict and predict_batch is async, the other is not; make both alike",
        ),
        (
            Opaque,
            "parameter 'input' of predict_batch has a type that cannot be served: "
            "Nothing is not a type with a schema",
        ),
    ],
)
def test_what_cannot_be_batched_is_refused_by_name(target: Any, message: str) -> None:
    with pytest.raises(HandlerError) as raised:
        handler_of("m:H", target())
    assert str(raised.value) == message
