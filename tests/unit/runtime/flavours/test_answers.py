"""The description of a model's answer is true of its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression, LogisticRegression

from lading_runtime import flavours
from lading_runtime.dataplane import openapi
from lading_runtime.handlers.handler import Handler
from tests.unit.runtime.flavours.models import table

NUMBER = {"type": ["number", "null"]}


def properties(handler: Handler) -> Any:
    document = json.loads(openapi.encode("s", handler.signature))
    answer = document["paths"]["/s/predict"]["post"]["responses"]["200"]["content"]
    schema = answer["application/json"]["schema"]
    assert schema["type"] == "object"
    return schema["properties"]


def rows(value: dict[str, Any]) -> dict[str, Any]:
    items = {"anyOf": [value, {"type": "array", "items": value}]}
    return {"type": "array", "items": items, "description": "one for each row"}


def test_a_classifier_gives_labels_and_probabilities(tmp_path: Path) -> None:
    features, classes = table()
    labels = np.array(["low", "mid", "high"])[classes]
    joblib.dump(LogisticRegression().fit(features, labels), tmp_path / "m.joblib")
    assert properties(flavours.load("sklearn", str(tmp_path / "m.joblib"))) == {
        "predictions": rows({"type": "string"}),
        "probabilities": {"type": "array", "items": {"type": "array", "items": NUMBER}},
    }


def test_a_regressor_gives_numbers_or_rows_of_them(tmp_path: Path) -> None:
    features, _ = table()
    joblib.dump(LinearRegression().fit(features, features[:, :2]), tmp_path / "m.joblib")
    handler = flavours.load("sklearn", str(tmp_path / "m.joblib"))
    assert properties(handler) == {"predictions": rows(NUMBER)}
    assert handler.predict_batch is not None
    (answer,) = handler.predict_batch([{"inputs": features[:3].tolist()}])
    assert answer["predictions"].shape == (3, 2)


def test_a_graph_gives_its_outputs_by_name_and_anything_where_one_is_no_tensor(
    tmp_path: Path,
) -> None:
    features, classes = table()
    model = LogisticRegression().fit(features, classes)
    chances = {"type": "array", "items": {"type": "array", "items": NUMBER}}
    for zipmap, probabilities in (
        (True, ("output_probability", {})),
        (False, ("probabilities", chances)),
    ):
        graph = to_onnx(model, features[:1].astype("f4"), options={"zipmap": zipmap})
        (tmp_path / "m.onnx").write_bytes(graph.SerializeToString())
        described = properties(flavours.load("onnx", str(tmp_path / "m.onnx")))
        label = "output_label" if zipmap else "label"
        assert described == dict(
            [(label, {"type": "array", "items": {"type": "integer"}}), probabilities]
        )
