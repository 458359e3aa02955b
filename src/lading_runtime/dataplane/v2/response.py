"""Output tensors to an inference response: all JSON, or JSON with binary data after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import msgspec

from ...call import Answer
from ...open_inference import HEADER_LENGTH, VERSION
from ...problem import Fault
from ..validation import invalid
from .request import Wanted, WantedOutput
from .results import OutputTensor

BINARY = "application/octet-stream"


def write(model: str, tensors: Sequence[OutputTensor], wanted: Wanted) -> Answer:
    """Raises Problem `invalid_argument` for outputs that are not there, or cannot be JSON."""
    described, chunks = [], []
    for tensor, output in _chosen(tensors, wanted):
        if wanted.binary(output):
            chunks.append(tensor.raw)
            described.append(_binary(tensor, len(chunks[-1])))
        else:
            described.append(_json(tensor))
    document: dict[str, Any] = {"model_name": model, "model_version": VERSION}
    if wanted.id is not None:
        document["id"] = wanted.id
    document["outputs"] = described
    text = msgspec.json.encode(document)
    if not chunks:
        return Answer(text)
    headers = {HEADER_LENGTH: str(len(text))}
    return Answer(b"".join([text, *chunks]), BINARY, headers=headers)


def _chosen(
    tensors: Sequence[OutputTensor], wanted: Wanted
) -> list[tuple[OutputTensor, Optional[WantedOutput]]]:
    if not wanted.outputs:
        return [(tensor, None) for tensor in tensors]
    there = {tensor.name: tensor for tensor in tensors}
    missing = [output.name for output in wanted.outputs if output.name not in there]
    if missing:
        expected = "one of " + ", ".join(repr(name) for name in there)
        raise invalid([Fault("outputs", expected, repr(name[:60])) for name in missing])
    return [(there[output.name], output) for output in wanted.outputs]


def _binary(tensor: OutputTensor, size: int) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "datatype": tensor.datatype.name,
        "shape": tensor.shape,
        "parameters": {"binary_data_size": size},
    }


def _json(tensor: OutputTensor) -> dict[str, Any]:
    try:
        datatype, data = tensor.plain
    except UnicodeDecodeError:
        field = f"outputs.{tensor.name}.parameters.binary_data"
        raise invalid([Fault(field, "true, for bytes that are not text", "false")]) from None
    return {"name": tensor.name, "datatype": datatype.name, "shape": tensor.shape, "data": data}
