"""Arguments in, encoded result out: validates, calls the handler, encodes. Knows no transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from . import arrays, validation, wording
from .completing import complete
from .handler import Handler
from .multipart import Part
from .problem import Fault, Problem
from .signature import Parameter


class Answer(NamedTuple):
    """A prediction as it goes over the wire."""

    body: bytes
    media_type: str


class DataPlane:
    """One loaded handler. `parse_*` may run anywhere; the predictions in the worker alone."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self._parameters = {p.name: p for p in handler.signature.parameters}
        self._completed = {p.name for p in handler.signature.parameters if p.completes}
        self._names = tuple(self._parameters)
        self._decoder = msgspec.json.Decoder(handler.signature.input_type, dec_hook=arrays.decode)
        self._encoder = msgspec.json.Encoder(enc_hook=arrays.encode)

    def parse_json(self, body: bytes) -> dict[str, Any]:
        """Arguments from a JSON object; nothing at all counts as `{}`.

        Raises Problem `malformed_json`, `invalid_argument`.
        """
        body = body or b"{}"
        try:
            given = self._decoder.decode(body)
        except msgspec.ValidationError as error:
            raise self._explain(body, error) from None
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Problem("malformed_json", f"the body is not JSON: {error}") from None
        values = zip(self._names, msgspec.structs.astuple(given))  # noqa: B905 - from Python 3.10
        arguments = {name: value for name, value in values if value is not msgspec.UNSET}
        for name in self._completed & arguments.keys():
            complete(arguments[name])
        return arguments

    def parse_parts(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Arguments from form fields: files as they are, text, or text that holds JSON.

        Raises Problem `invalid_argument`.
        """
        grouped: dict[str, list[bytes]] = {}
        for part in parts:
            grouped.setdefault(part.name, []).append(part.value)
        given: dict[str, Any] = {}
        faults = []
        for name, values in grouped.items():
            parameter = self._parameters.get(name)
            if parameter is None:
                given[name] = None
            elif parameter.item_takes_bytes:
                given[name] = values
            elif len(values) > 1:
                faults.append(Fault(name, "one field", f"{len(values)} fields"))
            else:
                given[name] = _field(parameter, values[0])
        if faults:
            raise validation.invalid(faults)
        return validation.convert(self.handler.signature, given)

    def predict(self, arguments: dict[str, Any]) -> Answer:
        """Raises whatever the handler raises."""
        return self._encode(self.handler.predict(**arguments))

    async def predict_async(self, arguments: dict[str, Any]) -> Answer:
        """The same for an `async def predict`."""
        return self._encode(await self.handler.predict(**arguments))

    def _encode(self, result: Any) -> Answer:
        try:
            body = self._encoder.encode(result)
        except TypeError:
            body = self._encoder.encode(arrays.with_plain_keys(result))
        return Answer(body, "application/json")

    def _explain(self, body: bytes, error: msgspec.ValidationError) -> Problem:
        """Every fault of the body, where the decoder stopped at the first."""
        try:
            given = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as again:
            return Problem("malformed_json", f"the body is not JSON that can be read: {again}")
        if not isinstance(given, dict):
            kind = wording.kind(given)
            return validation.invalid([Fault("", "an object of the arguments", kind)])
        try:
            validation.convert(self.handler.signature, given)
        except Problem as problem:
            return problem
        return Problem("invalid_argument", str(error))


def _field(parameter: Parameter, value: bytes) -> Any:
    if parameter.takes_bytes:
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        fault = Fault(parameter.name, parameter.expected, "bytes that are not UTF-8")
        raise validation.invalid([fault]) from None
    if parameter.hint is str:
        return text
    try:
        parsed = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    try:
        validation.convert_one(parameter, parsed)
    except msgspec.ValidationError:
        return _text_or(parameter, text, parsed)
    return parsed


def _text_or(parameter: Parameter, text: str, parsed: Any) -> Any:
    """The text where the type takes it as it stands, such as `Optional[str]` given 123."""
    try:
        validation.convert_one(parameter, text)
    except msgspec.ValidationError:
        return parsed
    return text
