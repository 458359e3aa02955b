"""What a client is told of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lading_runtime.handlers.tensors import Tensor
from tests.unit.runtime.dataplane.v2.asking import serving


@dataclass
class Page:
    text: str
    scores: list[float]


def told(predict: Any, **facts: Any) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(serving(predict, **facts).metadata().body)
    return document


def tensors(described: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(x["name"], x["datatype"], x["shape"]) for x in described]


def test_tensors_are_read_from_the_type_hints() -> None:
    def predict(  # noqa: PLR0917
        number: int,
        words: list[str],
        image: NDArray[np.float32],
        anything: np.ndarray,
        file: bytes,
        grid: list[list[bool]],
        page: Page,
        kind: Literal[1, 2] = 1,
        ratio: Annotated[float, msgspec.Meta(ge=0)] | None = None,
    ) -> Page:
        raise NotImplementedError

    document = told(predict)
    assert (document["name"], document["versions"]) == ("model", ["1"])
    assert document["platform"] == "lading_python"
    assert tensors(document["inputs"]) == [
        ("number", "INT64", [1]),
        ("words", "BYTES", [-1]),
        ("image", "FP32", [-1]),
        ("anything", "FP64", [-1]),
        ("file", "BYTES", [1]),
        ("grid", "BOOL", [-1, -1]),
        ("page", "BYTES", [1]),
        ("kind", "INT64", [1]),
        ("ratio", "FP64", [1]),
    ]
    assert tensors(document["outputs"]) == [("text", "BYTES", [1]), ("scores", "FP64", [-1])]


def test_a_result_without_names_is_one_output() -> None:
    def predict() -> list[int]:
        raise NotImplementedError

    assert tensors(told(predict)["outputs"]) == [("output", "INT64", [-1])]


def test_names_known_only_with_the_result_are_not_told() -> None:
    def predict() -> dict[str, float]:
        raise NotImplementedError

    assert told(predict)["outputs"] == []


def test_what_the_model_tells_goes_first() -> None:
    def predict(rows: list[list[float]]) -> Any:
        raise NotImplementedError

    document = told(
        predict,
        platform="onnx_onnxv1",
        inputs=(Tensor("rows", "FP32", (-1, 4)),),
        outputs=(Tensor("label", "INT64", (-1,)),),
    )
    assert document["platform"] == "onnx_onnxv1"
    assert tensors(document["inputs"]) == [("rows", "FP32", [-1, 4])]
    assert tensors(document["outputs"]) == [("label", "INT64", [-1])]
