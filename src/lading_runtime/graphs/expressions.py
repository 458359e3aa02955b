"""Values of expressions: constants as they are, references as soon as they are there."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Union

from .document import Constant, Expression, Items, Object, Reference, steps_into

Names = Mapping[str, Any]
"""Values by name; an asyncio.Future where a step is still to give it."""


class NotThereError(Exception):
    """A value has not what a reference asks of it; the message says what it has instead."""


async def value(expression: Expression, names: Names) -> Any:
    """Raises NotThereError."""
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Reference):
        return await _referred(expression, names)
    if isinstance(expression, Object):
        return {name: await value(one, names) for name, one in expression.entries.items()}
    assert isinstance(expression, Items)
    return [await value(one, names) for one in expression.items]


def inside(found: Any, path: Sequence[Union[str, int]], name: str) -> Any:
    """What lies at a path in a value that is called `name`. Raises NotThereError."""
    for place, step in enumerate(path):
        if not _has(found, step):
            whole = f"{name}{steps_into(path[:place])}"
            expected = f"position {step}" if isinstance(step, int) else f"field {step!r}"
            raise NotThereError(f"{whole} has no {expected}: it is {described(found)}")
        found = found[step]
    return found


def described(found: Any) -> str:
    """What a value is, in a few words that show no more of it than its shape."""
    if isinstance(found, dict):
        names = ", ".join(map(repr, sorted(found)[:8]))
        return f"an object with {names}" if names else "an empty object"
    if isinstance(found, list):
        return f"a list of {len(found)}"
    for kind, words in _WORDS:
        if isinstance(found, kind):
            return words
    return "nothing" if found is None else type(found).__name__


_WORDS = ((bool, "true or false"), ((int, float), "a number"), (str, "text"), (bytes, "bytes"))


async def _referred(reference: Reference, names: Names) -> Any:
    name, *path = reference.path
    found = names[str(name)]
    if isinstance(found, asyncio.Future):
        # Shielded: who stops waiting must not cancel it for the others.
        found = found.result() if found.done() else await asyncio.shield(found)
    if path:
        found = inside(found, path, f"${name}")
    return _decoded(found) if reference.base64 and isinstance(found, str) else found


def _has(found: Any, step: Union[str, int]) -> bool:
    if isinstance(step, int):
        return isinstance(found, list) and step < len(found)
    return isinstance(found, dict) and step in found


def _decoded(text: str) -> Any:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text
