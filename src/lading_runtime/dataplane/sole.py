"""The one argument that a body without names can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from ..handlers import wording
from ..handlers.signature import Parameter, Signature
from ..problem import Problem


def sole(signature: Signature, fits: Callable[[Parameter], bool]) -> Optional[Parameter]:
    """The required argument, or the first optional one that fits; None where none can be.

    More than one required argument cannot come in such a body.
    """
    required = [parameter for parameter in signature.parameters if parameter.required]
    if len(required) > 1:
        return None
    return next(filter(fits, required or signature.parameters), None)


def refused(media_type: str, signature: Signature, holds: str) -> Problem:
    """A 415 that says why no argument can be such a body."""
    required = [parameter.name for parameter in signature.parameters if parameter.required]
    if len(required) > 1:
        names = wording.choices(required).replace("one of ", "")
        why = f"it holds one argument, and {names} are needed"
    else:
        named = f"{required[0]!r} is" if required else "no argument is"
        why = f"it holds {holds}, which {named}{' not' if required else ''}"
    detail = f"{media_type} cannot be read here: {why}"
    return Problem("unsupported_media_type", detail)
