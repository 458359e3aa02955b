"""What predicts, whoever made it: the user's class or function, or a flavour around a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from .signature import Signature


class HandlerError(Exception):
    """User code, or a model, that cannot be served; the message says why and what to do."""


@dataclass(frozen=True)
class Handler:
    """Loaded, and ready to be called. Arguments are mappings from names to values, one a request.

    At least one of `predict` and `predict_batch` is there. With `asynchronous`, both give
    awaitables; with `streams`, `predict` gives an iterator (an asynchronous one, with both).
    """

    name: str
    signature: Signature
    predict: Optional[Callable[..., Any]] = None
    """Called with one request's arguments as keywords."""
    predict_batch: Optional[Callable[[Sequence[Mapping[str, Any]]], Any]] = None
    """Called with the arguments of many requests; gives as many results, in their order."""
    asynchronous: bool = False
    streams: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What is known of the model: `platform` and `versions` for its metadata."""
