"""JSON bodies: decoded straight into the types of the signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..call import Body
from ..handlers import wording
from ..handlers.extensions import known
from ..handlers.signature import Signature
from ..problem import Fault, Problem
from . import malformed, validation

Arguments = dict[str, Any]


class JsonBody:
    """Reads arguments from a JSON object; nothing at all counts as `{}`."""

    def __init__(self, signature: Signature) -> None:
        self._signature = signature
        self._unfinished = [p for p in signature.parameters if p.completes or p.shadow]
        self._decode = msgspec.json.Decoder(signature.input_type, dec_hook=known.decode).decode
        self._taken = _taker(signature)
        self._plain = not self._unfinished and signature.record is None

    def read(self, body: Body, content_type: str = "") -> Arguments:
        """Raises Problem `malformed_json`, `invalid_argument`."""
        try:
            arguments = self._taken(self._decode(body or b"{}"))
            return arguments if self._plain else self._finished(arguments)
        except msgspec.ValidationError as error:
            raise self._explain(body or b"{}", error) from None
        except TypeError as error:  # of a set, whose items may be anything, what has no hash
            raise self._explain(body, error) from None
        except (msgspec.DecodeError, UnicodeError) as error:
            raise malformed.malformed(body, error) from None
        except RecursionError:
            raise Problem("malformed_json", "the body is nested too deeply") from None

    def _finished(self, arguments: Arguments) -> Arguments:
        for parameter in self._unfinished:
            if parameter.name in arguments:
                parameter.finish(arguments[parameter.name])
        return validation.whole(self._signature, arguments)

    def _explain(self, body: Body, error: Exception) -> Problem:
        """Every fault of the body, where the decoder stopped at the first."""
        try:
            given = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as again:
            return malformed.malformed(body, again)
        if not isinstance(given, dict):
            kind = wording.kind(given)
            return validation.invalid([Fault("", "an object of the arguments", kind)])
        try:
            validation.convert(self._signature, given)
        except Problem as problem:
            return problem
        return Problem("invalid_argument", str(error))


def _taker(signature: Signature) -> Callable[[Any], Arguments]:
    """From the decoded Struct to the arguments: the least that the signature needs."""
    names = tuple(parameter.name for parameter in signature.parameters)
    astuple, unset = msgspec.structs.astuple, msgspec.UNSET
    if not all(parameter.required for parameter in signature.parameters):

        def some(given: Any) -> Arguments:
            values = zip(names, astuple(given))  # noqa: B905 - from Python 3.10
            return {name: value for name, value in values if value is not unset}

        return some
    if len(names) == 1:
        (only,) = names
        return lambda given: {only: given.a0}
    return lambda given: dict(zip(names, astuple(given)))  # noqa: B905 - from Python 3.10
