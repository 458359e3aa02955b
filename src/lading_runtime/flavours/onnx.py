"""ONNX, by onnxruntime: an argument for each input of the graph, a field for each output."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from ..handlers.handler import Handler, HandlerError
from ..handlers.signature import Parameter, parameter, signature_of
from ..handlers.tensors import Tensor
from ..problem import Problem
from . import answers, cores
from .libraries import needed
from .networks import Network, dtype

_DATATYPES = {
    "tensor(bool)": "BOOL", "tensor(int8)": "INT8", "tensor(int16)": "INT16",
    "tensor(int32)": "INT32", "tensor(int64)": "INT64", "tensor(uint8)": "UINT8",
    "tensor(uint16)": "UINT16", "tensor(uint32)": "UINT32", "tensor(uint64)": "UINT64",
    "tensor(float16)": "FP16", "tensor(float)": "FP32", "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}  # fmt: skip
# A first axis of such a name orders the parts of one input; stacking along it would join inputs.
_NO_BATCH = re.compile(r"seq|time|len|step|token|frame|channel|height|width", re.IGNORECASE)


def load(path: str) -> Handler:
    """Raises HandlerError, and what the library raises."""
    library = needed("onnxruntime", "onnxruntime")
    session = _Session(library, path)
    ports, given = session.own().get_inputs(), session.own().get_outputs()
    inputs = tuple(_tensor(path, port) for port in ports)
    network = Network(inputs, session.run, all(_stacks(port) for port in [*ports, *given]))
    facts = {
        "platform": "onnxruntime_onnx",
        "versions": {"onnxruntime": str(library.__version__)},
        "inputs": inputs,
        "outputs": tuple(
            Tensor(port.name, _DATATYPES.get(port.type, "BYTES"), _shape(port) or (-1,))
            for port in given
        ),
    }
    parameters = tuple(_parameter(tensor) for tensor in inputs)
    signature = signature_of(parameters, answers.described({x.name: _schema(x) for x in given}))
    return Handler(path, signature, predict_batch=network.predict_batch, facts=facts)


class _Session:
    """A session of this process: its threads do not live on in one that was forked from it."""

    def __init__(self, library: Any, path: str) -> None:
        self._library = library
        self._path = path
        self._process = -1
        self._made: list[Any] = []
        refused = library.capi.onnxruntime_pybind11_state.InvalidArgument
        self._refused: type[Exception] = refused

    def own(self) -> Any:
        """Made anew where a parent's was inherited."""
        if self._process != os.getpid():
            options = self._library.SessionOptions()
            options.intra_op_num_threads = cores.threads()
            options.inter_op_num_threads = 1
            providers = self._library.get_available_providers()
            session = self._library.InferenceSession(self._path, options, providers=providers)
            # One that was inherited is kept: freeing it would wait for threads that are not there.
            self._made.append(session)
            self._names = [port.name for port in session.get_outputs()]
            self._process = os.getpid()
        return self._made[-1]

    def run(self, tensors: Mapping[str, Any]) -> Mapping[str, Any]:
        """Raises Problem `invalid_argument` for tensors that the graph refuses."""
        session = self.own()
        try:
            outputs = session.run(None, tensors)
        except self._refused as error:
            why = " ".join(str(error).split())[:300]
            raise Problem("invalid_argument", f"the model refuses its inputs: {why}") from error
        return dict(zip(self._names, outputs))  # noqa: B905 - from Python 3.10


def _tensor(path: str, port: Any) -> Tensor:
    if port.type not in _DATATYPES:
        raise HandlerError(f"{path}: its input {port.name!r} is a {port.type}, not a tensor")
    return Tensor(port.name, _DATATYPES[port.type], _shape(port))


def _schema(port: Any) -> "dict[str, Any]":
    """Anything for what is no tensor, such as a sequence of maps, or has no shape."""
    if port.type not in _DATATYPES or not port.shape:
        return {}
    return answers.array(_DATATYPES[port.type], len(port.shape))


def _shape(port: Any) -> "tuple[int, ...]":
    return tuple(size if isinstance(size, int) and size > 0 else -1 for size in port.shape or ())


def _stacks(port: Any) -> bool:
    """Whether the first axis takes any number, and is not told to be something else's."""
    if port.type.startswith("seq("):
        return True
    first = port.shape[0] if port.shape else 1
    return not isinstance(first, int) and not _NO_BATCH.search(first or "")


def _parameter(tensor: Tensor) -> Parameter:
    if tensor.datatype == "BYTES":
        hint: Any = str
        for _ in tensor.shape:
            hint = list[hint]
        return parameter(tensor.name, hint)
    numpy = needed("numpy", "numpy")
    return parameter(tensor.name, numpy.ndarray[Any, dtype(tensor.datatype).type])
