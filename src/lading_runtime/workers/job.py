"""A request on its way through the front: waiting, inside a worker, or answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Union

from ..call import Body, Operation
from ..shared import Shared
from .frames import Reply

if TYPE_CHECKING:
    from .replica import Replica


class Job:
    """One request, until its caller has an answer or went away; then it is `done`.

    Exactly one of `answered`, `failed` or, after events, `ended` is called, unless the caller went
    away before.
    """

    __slots__ = (
        "body", "deadline", "done", "headers", "id", "operation", "patience_seconds", "queued",
        "replica", "request_id",
    )  # fmt: skip

    def __init__(
        self,
        operation: Operation,
        request_id: str,
        headers: dict[str, str],
        body: Union[bytes, Shared],
    ) -> None:
        self.operation = operation
        self.request_id = request_id
        self.headers = headers
        self.body = body
        self.id = 0
        self.queued = 0.0
        """When it came, on the monotonic clock."""
        self.deadline = 0.0
        self.patience_seconds = 0.0
        """How long its caller waits for an answer, or between two items of a stream."""
        self.done = False
        self.replica: Optional[Replica] = None
        """The worker that has it; None while it waits."""

    def answered(self, reply: Reply, body: Body, now: float) -> None:
        """A whole answer, at the moment `now`."""
        raise NotImplementedError

    def failed(self, code: str, detail: str, *, started: bool) -> None:
        """No answer of the handler: `code` is the problem's."""
        raise NotImplementedError

    def event(self, data: bytes) -> bool:
        """One item of a stream. Whether more is welcome now."""
        raise NotImplementedError

    def ended(self, problem: bytes, code: str) -> None:
        """A stream is over; `problem` is a document when it failed."""
        raise NotImplementedError
