from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from lading_runtime import flavours
from lading_runtime.handlers.handler import Handler
from lading_runtime.handlers.tensors import Tensor
from lading_runtime.problem import Fault, Problem
from tests.unit.runtime.flavours.models import table


def graph(tmp_path: Path, node: str, inputs: list[Any], output: Any, **attributes: Any) -> Handler:
    """A model of one operation."""
    made = helper.make_graph(
        [helper.make_node(node, [x.name for x in inputs], [output.name], **attributes)],
        "one", inputs, [output],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "model.onnx")
    return flavours.load("onnx", str(tmp_path / "model.onnx"))


def tensor(name: str, shape: list[Any], kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def ask(handler: Handler, *batch: dict[str, Any]) -> list[Any]:
    assert handler.predict_batch is not None
    given: list[Any] = handler.predict_batch(batch)
    return given


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_converted_classifier_gives_labels_and_probabilities_by_name(
    tmp_path: Path, zipmap: bool
) -> None:
    features, classes = table()
    model = LogisticRegression().fit(features, classes)
    converted = to_onnx(model, features[:1].astype("f4"), options={"zipmap": zipmap})
    (tmp_path / "model.onnx").write_bytes(converted.SerializeToString())
    handler = flavours.load("onnx", str(tmp_path / "model.onnx"))
    first, second = ask(
        handler, {"X": features[:2].astype("f4")}, {"X": features[2:7].astype("f4")}
    )
    names = [output.name for output in handler.facts["outputs"]]
    assert list(first) == names
    assert first[names[0]].tolist() == model.predict(features[:2]).tolist()
    wanted = model.predict_proba(features[2:7])
    came = second[names[1]]
    came = [[row[key] for key in sorted(row)] for row in came] if zipmap else came
    assert np.allclose(came, wanted, atol=1e-5)
    assert handler.facts["platform"] == "onnxruntime_onnx"
    assert handler.facts["inputs"] == (Tensor("X", "FP32", (-1, 4)),)


def test_requests_of_another_shape_are_stacked_apart(tmp_path: Path) -> None:
    handler = graph(
        tmp_path, "ReduceMax", [tensor("in", ["batch", "n"])], tensor("out", ["batch"]),
        axes=[1], keepdims=0,
    )  # fmt: skip
    batch = [np.array(x, "f4") for x in ([[1, 2]], [[3, 4, 5]], [[6, 7], [8, 9]])]
    answers = ask(handler, *[{"in": x} for x in batch])
    assert [x["out"].tolist() for x in answers] == [[2.0], [5.0], [7.0, 9.0]]


def test_a_first_axis_that_is_told_to_be_a_sequence_is_never_stacked(tmp_path: Path) -> None:
    ends = [tensor(name, ["sequence_length"]) for name in ("in", "out")]
    handler = graph(tmp_path, "Softmax", ends[:1], ends[1], axis=0)
    answers = ask(handler, {"in": np.ones(2, "f4")}, {"in": np.ones(2, "f4")})
    assert [x["out"].tolist() for x in answers] == [[0.5, 0.5]] * 2


def test_a_fixed_first_axis_is_served_one_by_one(tmp_path: Path) -> None:
    handler = graph(tmp_path, "Neg", [tensor("in", [1, 2])], tensor("out", [1, 2]))
    given = [np.array([[1, 2]], "f4"), np.array([[3, 4]], "f4")]
    answers = ask(handler, *[{"in": x} for x in given])
    assert [x["out"].tolist() for x in answers] == [[[-1.0, -2.0]], [[-3.0, -4.0]]]
    with pytest.raises(Problem) as refused:
        ask(handler, {"in": np.zeros((2, 2), "f4")})
    assert refused.value.faults == (Fault("in", "an array of shape [1, 2]", "shape [2, 2]"),)


def test_what_does_not_fit_a_dtype_is_refused_and_the_rest_answered(tmp_path: Path) -> None:
    whole = [tensor("in", ["n"], TensorProto.INT32)]
    handler = graph(tmp_path, "Neg", whole, tensor("out", ["n"], TensorProto.INT32))
    batch = [np.array([1]), np.array([1.5]), np.array([2**40]), np.array([5], "i4")]
    answers = ask(handler, *[{"in": x} for x in batch])
    assert [x["out"].tolist() for x in (answers[0], answers[3])] == [[-1], [-5]]
    assert answers[1].faults == (Fault("in", "an array of int32", "an array of float64"),)
    assert answers[2].faults == (Fault("in", "an array of int32", "an array of int64"),)


def test_texts_go_in_and_come_out(tmp_path: Path) -> None:
    text = TensorProto.STRING
    handler = graph(tmp_path, "Identity", [tensor("in", ["n"], text)], tensor("out", ["n"], text))
    answers = ask(handler, {"in": ["a", "ß"]}, {"in": ["c"]})
    assert [x["out"].tolist() for x in answers] == [["a", "ß"], ["c"]]
    assert handler.signature.parameters[0].hint == list[str]


def test_the_signature_has_an_argument_for_each_input(tmp_path: Path) -> None:
    inputs = [tensor("left", ["n", 2]), tensor("right.2", ["n", 2])]
    handler = graph(tmp_path, "Sub", inputs, tensor("out", ["n", 2]))
    assert [x.name for x in handler.signature.parameters] == ["left", "right.2"]
    left, right = np.ones((1, 2), "f4"), np.zeros((1, 2), "f4")
    answers = ask(handler, {"left": left, "right.2": right}, {"left": right, "right.2": left})
    assert [x["out"].tolist() for x in answers] == [[[1.0, 1.0]], [[-1.0, -1.0]]]
