"""Types in words, for a client: what was expected."""

from __future__ import annotations

import enum
import typing
from typing import Any, Literal, Optional

from . import hints, wording
from .extensions import known


def expected(hint: Any) -> str:
    """`int`, `str or null`, `array of int`, `one of 'a', 'b'`, or the class's name."""
    plain = hints.bare(hint)
    extension = known.find(plain)
    if extension is not None:
        return extension.expected(plain)
    members = hints.choices(plain)
    if len(members) > 1:
        return " or ".join(expected(member) for member in members)
    return _listed(plain) or _named(plain)


def _listed(hint: Any) -> Optional[str]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return wording.choices(arguments)
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and origin is None:
        return wording.choices([member.value for member in hint])
    if origin in (list, set, frozenset) and arguments:
        return f"array of {expected(arguments[0])}"
    return None


def _named(hint: Any) -> str:
    plain = typing.get_origin(hint) or hint
    return str(wording.NAMES.get(plain) or getattr(plain, "__name__", plain))
