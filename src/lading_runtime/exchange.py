"""Requests and responses as values, and how a response reaches its client: known to all layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, Union

from .call import JSON, Body
from .shared import Shared


class Request(NamedTuple):
    """A whole request. Header names are lower case; repeated ones are joined by ', '."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Union[bytes, Shared]
    version: str
    keep_alive: bool


class Response(NamedTuple):
    """A whole answer, or with `body` None the head of a stream."""

    status: int
    body: Body
    request_id: str
    media_type: str = JSON
    headers: Mapping[str, str] = {}


class Exchange(Protocol):
    """One request's way back to its client: `answer` once, or `begin`, `send` and `end`.

    A client that went away hears nothing more; calling is harmless.
    """

    def answer(self, response: Response) -> None: ...

    def begin(self, response: Response) -> None:
        """The head of a stream; the response's body is not sent."""

    def send(self, data: bytes) -> bool:
        """A piece of the stream. Whether more is welcome now; `Ticket.resume` tells when again."""

    def end(self) -> None: ...


class Ticket(Protocol):
    """What the transport holds of a request under way."""

    def abandon(self) -> None:
        """The client went away."""

    def resume(self) -> None:
        """The client has read what it was sent."""
