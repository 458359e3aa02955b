"""What goes wrong in a graph, and what its caller is told of it."""

from __future__ import annotations

from typing import Optional

from ..client.errors import ServiceError
from ..problem import Problem


class FailedError(Exception):
    """A node that gave no result. `where` is its path: `scores[1]` is a member of step scores."""

    code = "upstream_failed"

    def __init__(self, where: str, reason: str, error: Optional[ServiceError] = None) -> None:
        super().__init__(where, reason)
        self.where, self.reason, self.error = where, reason, error

    def __str__(self) -> str:
        return f"step {self.where}: {self.reason}"


class NoCaseError(FailedError):
    """A switch whose value is that of no case."""

    code = "no_case"


def problem(failed: FailedError) -> Problem:
    """The answer to a request whose graph failed. It names the step, and the service if one did."""
    told = failed.error.problem() if failed.error is not None else None
    if told is None:
        return Problem(failed.code, str(failed))
    made = Problem(told.code, str(failed), headers=told.headers)
    made.service = told.service
    return made
