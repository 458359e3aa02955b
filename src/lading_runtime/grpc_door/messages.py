"""The messages of `inference.GRPCInferenceService` and of `grpc.health.v1.Health`.

Numbers and names are those of the protocol's own definition,
https://github.com/kserve/open-inference-protocol, `open_inference_grpc.proto`.
"""

from __future__ import annotations

from typing import Union

from .wire import Field, Message


def _message(**fields: tuple[int, Union[str, Message]]) -> Message:
    return Message({number: Field(name, kind) for name, (number, kind) in fields.items()})


def _many(message: Message, **fields: tuple[int, Union[str, Message]]) -> Message:
    """With repeated fields added."""
    more = {number: Field(name, kind, repeated=True) for name, (number, kind) in fields.items()}
    return Message({**message.fields, **more})


def _parameters(message: Message, number: int) -> Message:
    """With a map of parameters added."""
    entry = _message(key=(1, "string"), value=(2, PARAMETER))
    return Message({**message.fields, number: Field("parameters", entry, True, True)})


NOTHING = Message({})
PARAMETER = _message(
    bool_param=(1, "bool"), int64_param=(2, "int64"), string_param=(3, "string"),
    double_param=(4, "double"), uint64_param=(5, "uint64"),
)  # fmt: skip
CONTENTS = _many(
    NOTHING,
    bool_contents=(1, "bool"), int_contents=(2, "int32"), int64_contents=(3, "int64"),
    uint_contents=(4, "uint32"), uint64_contents=(5, "uint64"), fp32_contents=(6, "float"),
    fp64_contents=(7, "double"), bytes_contents=(8, "bytes"),
)  # fmt: skip
_NAMED = _message(name=(1, "string"), datatype=(2, "string"))
_SHAPED = _many(_NAMED, shape=(3, "int64"))
_TENSOR = Message({**_parameters(_SHAPED, 4).fields, 5: Field("contents", CONTENTS)})
_WANTED = _parameters(_message(name=(1, "string")), 2)
_HEADED = _message(model_name=(1, "string"), model_version=(2, "string"), id=(3, "string"))

INFER_REQUEST = _many(
    _parameters(_HEADED, 4),
    inputs=(5, _TENSOR), outputs=(6, _WANTED), raw_input_contents=(7, "bytes"),
)  # fmt: skip
INFER_RESPONSE = _many(
    _parameters(_HEADED, 4), outputs=(5, _TENSOR), raw_output_contents=(6, "bytes")
)
LIVE_RESPONSE = _message(live=(1, "bool"))
READY_RESPONSE = _message(ready=(1, "bool"))
MODEL_REQUEST = _message(name=(1, "string"), version=(2, "string"))
SERVER_RESPONSE = _many(
    _message(name=(1, "string"), version=(2, "string")), extensions=(3, "string")
)
MODEL_RESPONSE = _many(
    _message(name=(1, "string"), platform=(3, "string")),
    versions=(2, "string"), inputs=(4, _SHAPED), outputs=(5, _SHAPED),
)  # fmt: skip
HEALTH_REQUEST = _message(service=(1, "string"))
HEALTH_RESPONSE = _message(status=(1, "enum"))
