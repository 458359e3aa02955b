"""All extensions as one: what msgspec asks for types that it does not know."""

from __future__ import annotations

from typing import Any, Optional, Protocol

from .. import hints
from . import arrays, frames, models, pictures


class Extension(Protocol):
    """What is known of one kind of type. Hints come without `Annotated`."""

    TAKES_FILE: bool
    """Whether a value may come as the bytes of a file."""

    def owns(self, hint: Any) -> bool:
        """Whether the hint is of this kind."""

    def decode(self, hint: Any, value: Any) -> Any:
        """From what JSON held, a file's bytes or a value as it should be. Raises ValueError."""

    def encode(self, value: Any) -> Any:
        """For JSON. Raises NotImplementedError for a value of another kind."""

    def schema(self, hint: Any) -> dict[str, Any]:
        """In JSON Schema."""

    def expected(self, hint: Any) -> str:
        """The kind's name for a client."""


EXTENSIONS: tuple[Extension, ...] = (arrays, pictures, frames, models)


def find(hint: Any) -> Optional[Extension]:
    """The extension that owns a hint, `Annotated` or not."""
    plain = hints.bare(hint)
    return next((extension for extension in EXTENSIONS if extension.owns(plain)), None)


def owns(hint: Any) -> bool:
    """Whether any extension does."""
    return find(hint) is not None


def takes_file(hint: Any) -> bool:
    """Whether a file may be given for the hint as it is."""
    extension = find(hint)
    return hints.bare(hint) is bytes if extension is None else extension.TAKES_FILE


def decode(hint: Any, value: Any) -> Any:
    """msgspec's `dec_hook`. Raises ValueError, NotImplementedError."""
    extension = find(hint)
    if extension is None:
        raise NotImplementedError(f"{hint} cannot be read from JSON")
    return extension.decode(hint, value)


def encode(value: Any) -> Any:
    """msgspec's `enc_hook`. Raises NotImplementedError."""
    for extension in EXTENSIONS:
        try:
            return extension.encode(value)
        except NotImplementedError:
            continue
    raise NotImplementedError(f"a {type(value).__qualname__} cannot be written as JSON")


def schema(hint: Any) -> dict[str, Any]:
    """msgspec's `schema_hook`. Raises NotImplementedError."""
    extension = find(hint)
    if extension is None:
        raise NotImplementedError(f"{hint} has no schema")
    return extension.schema(hint)
