"""A graph.json becomes a handler, or the server says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lading_runtime.dataplane import openapi
from lading_runtime.graphs.loading import load
from lading_runtime.handlers.handler import HandlerError


def written(folder: Path, **parts: Any) -> str:
    document = {"version": 1, "input": [], "steps": {}, "output": CONSTANT, **parts}
    path = folder / "graph.json"
    path.write_text(json.dumps(document))
    return str(path)


CONSTANT = {"kind": "constant", "value": 1}


def given(name: str) -> dict[str, Any]:
    return {"kind": "given", "value": {"kind": "reference", "path": [name]}}


def test_its_input_and_output_are_described(tmp_path: Path) -> None:
    arguments = [
        {"name": "image", "type": "bytes"},
        {"name": "rows", "type": ["list", ["list", "float"]]},
        {"name": "target", "type": ["literal", "en", "es"], "default": "en"},
        {"name": "more", "type": ["union", ["dict", "int"], "none"], "default": None},
    ]
    result = {"type": "object", "properties": {"text": {"type": "string"}}}
    handler = load(written(tmp_path, input=arguments, result=result))
    described = openapi.document("read", handler.signature)
    operation = described["paths"]["/read/predict"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["image", "rows"]
    assert schema["properties"] == {
        "image": {"type": "string", "contentEncoding": "base64"},
        "rows": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
        "target": {"enum": ["en", "es"], "default": "en"},
        "more": {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "integer"}},
                {"type": "null"},
            ],
            "default": None,
        },
    }
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == result
    assert "multipart/form-data" in operation["requestBody"]["content"]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"version": 2}, "is no graph: expected version 1, got 2"),
        ({"steps": {"a": {"kind": "walk"}}}, "is no graph: Invalid value 'walk' - at "
         "`$.steps[...].kind`"),
        ({"input": [{"name": "x", "type": "number"}]}, "is no graph: expected a type, "
         "got 'number'"),
        ({"steps": {"a": given("b")}}, ": a refers to $b, which is nowhere"),
        ({"output": {"kind": "reference", "path": ["b"]}}, ": output refers to $b, which is "
         "nowhere"),
        ({"steps": {"a": given("b"), "b": given("a")}}, ": steps wait for one another: a, b, a"),
    ],
)  # fmt: skip
def test_what_is_no_graph_is_refused(tmp_path: Path, parts: Any, told: str) -> None:
    path = written(tmp_path, **parts)
    with pytest.raises(HandlerError) as caught:
        load(path)
    assert str(caught.value).removeprefix(path).strip() == told.strip()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match="cannot be read: No such file or directory"):
        load(str(tmp_path / "none.json"))
