"""Arguments against the schema: which are wrong, what was expected, what came.

Defined for JSON: NaN and Infinity are malformed; the last of two equal keys counts; whole numbers
of up to 4300 digits are kept exactly, longer ones and floats past a double's range are wrong; UTF-8
alone is read, without a byte order mark. In an answer, NaN and infinities are written as null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ..handlers import expecting, places, wording
from ..handlers.extensions import known
from ..handlers.extensions.misfit import Misfit, Refusal
from ..handlers.signature import Parameter, Signature
from ..problem import Fault, Problem

# msgspec tells the place and the two types in its message alone.
_PLACE = re.compile(r"(?s)(.*?)(?: - at `(?:key in )?(\$.*)`)?")
_MISMATCH = re.compile(r"Expected `(.+?)`(.*?), got `?(.+?)`?", re.DOTALL)
_BOUND = re.compile(r"Expected `(.+?)`(.*)", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`", re.DOTALL)
_UNHASHABLE = "Expected `single values in a set`, got `an array or an object`"
_FORMS = {
    "Invalid base64 encoded string": "bytes in base64",
    "Invalid UUID": "a UUID",
    "Invalid RFC3339 encoded date": "a date as in RFC 3339, such as '2030-12-31'",
    "Invalid RFC3339 encoded time": "a time as in RFC 3339, such as '23:59:59Z'",
    "Invalid RFC3339 encoded datetime": "a time as in RFC 3339, such as '2030-12-31T23:59:59Z'",
    "Invalid ISO8601 duration": "a duration as in ISO 8601, such as 'PT90S'",
    "Invalid decimal string": "a decimal number",
}
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")


def convert(signature: Signature, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values parsed from JSON, and raw bytes where the type is bytes, into arguments.

    Raises Problem `invalid_argument` that names every argument that is wrong.
    """
    arguments: dict[str, Any] = {}
    faults = _unknown(signature, given)
    for parameter in signature.parameters:
        if parameter.name in given:
            try:
                arguments[parameter.name] = convert_one(parameter, given[parameter.name])
            except msgspec.ValidationError as error:
                faults += faults_of(parameter, given[parameter.name], error)
        elif parameter.required:
            faults.append(Fault(parameter.name, parameter.expected, "nothing"))
    if faults:
        raise invalid(faults)
    return whole(signature, arguments)


def whole(signature: Signature, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments that together make the Input of predict_batch, made into it; else as they are.

    Raises Problem `invalid_argument` with what the Input itself refuses.
    """
    record = signature.record
    if record is None:
        return arguments
    try:
        return {record.name: record.build(arguments)}
    except Misfit as misfit:
        raise invalid([x._replace(field=x.field.lstrip(".")) for x in misfit.faults]) from None
    except (ValueError, TypeError) as error:
        raise invalid([Refusal("", str(error) or "other arguments", "these")]) from None


def convert_one(parameter: Parameter, value: Any) -> Any:
    """Raises msgspec.ValidationError."""
    try:
        converted = msgspec.convert(value, parameter.hint, dec_hook=known.decode, str_keys=True)
    except TypeError:
        raise msgspec.ValidationError(_UNHASHABLE) from None
    parameter.finish(converted)
    return converted


def invalid(faults: list[Fault]) -> Problem:
    """A 422 whose detail is the first fault in words."""
    first = faults[0]
    where = f"{first.field}: " if first.field else ""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    if isinstance(first, Refusal):
        detail = f"{where}{first.expected}{more}"
    else:
        detail = f"{where}expected {first.expected}, came {first.came}{more}"
    return Problem("invalid_argument", detail, faults)


def faults_of(parameter: Parameter, value: Any, error: msgspec.ValidationError) -> list[Fault]:
    """What msgspec, or an extension that it asked, found wrong with one argument."""
    place = _PLACE.fullmatch(str(error))
    text, path = (place.group(1), place.group(2) or "$") if place else (str(error), "$")
    if isinstance(error.__cause__, Misfit):
        field = parameter.name + path[1:]
        return [x._replace(field=field + x.field) for x in error.__cause__.faults]
    if isinstance(error.__cause__, (ValueError, TypeError)) and text:
        return [Refusal(parameter.name + path[1:], text, _at(value, path))]
    return [_fault(parameter, value, text, path)]


def _fault(parameter: Parameter, value: Any, text: str, path: str) -> Fault:
    field = parameter.name + path[1:]
    mismatch = _MISMATCH.fullmatch(text)
    if mismatch:
        return Fault(field, (mismatch.group(1) + mismatch.group(2)), mismatch.group(3))
    missing = _MISSING.fullmatch(text)
    if missing:
        return Fault(f"{field}.{missing.group(1)}", "a value", "nothing")
    unknown = _UNKNOWN.fullmatch(text)
    if unknown:
        return Fault(f"{field}.{unknown.group(1)}", "no such field", "one")
    bound = _BOUND.fullmatch(text)
    if bound:
        return Fault(field, bound.group(1) + bound.group(2), _at(value, path))
    return Fault(field, _instead(parameter, text, path), _at(value, path))


def _instead(parameter: Parameter, text: str, path: str) -> str:
    if text.startswith("Invalid enum value"):
        steps = [name or (int(index) if index else None) for name, index, _ in _STEP.findall(path)]
        listed = places.listed(parameter.hint, steps)
        if listed is not None:
            return expecting.expected(listed)
    return _FORMS.get(text, f"another value ({text})")


def _at(value: Any, path: str) -> str:
    for name, index, _ in _STEP.findall(path):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, ValueError, TypeError):
            return "another"
    return wording.came(value)


def _unknown(signature: Signature, given: Mapping[str, Any]) -> list[Fault]:
    names = [parameter.name for parameter in signature.parameters]
    return [
        Fault(name, _nearest(name, names), "an unknown argument")
        for name in given
        if name not in names
    ]


def _nearest(name: str, names: list[str]) -> str:
    import difflib

    if not names:
        return "no arguments"
    near = difflib.get_close_matches(name, names, 1, 0.5)
    return f"{near[0]!r}" if near else wording.choices(names)
