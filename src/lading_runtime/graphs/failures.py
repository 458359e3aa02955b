"""What goes wrong in a graph, and what its caller is told of it."""

from __future__ import annotations

from typing import Optional

from ..client.errors import ServiceError
from ..problem import PassedOn, Problem


class FailedError(PassedOn):
    """A node that gave no result. `where` is its path: `scores[1]` is a member of step scores."""

    code = "upstream_failed"

    def __init__(self, where: str, reason: str, error: Optional[ServiceError] = None) -> None:
        super().__init__(where, reason)
        self.where, self.reason, self.error = where, reason, error

    def __str__(self) -> str:
        return f"step {self.where}: {self.reason}"

    def problem(self) -> Optional[Problem]:
        """Names the step, and the service if one failed."""
        if self.error is None:
            return Problem(self.code, str(self))
        of_service = self.error.problem()
        if of_service is None:
            return None
        detail = f"step {self.where}: {of_service.detail}"
        made = Problem(of_service.code, detail, of_service.faults, of_service.headers)
        made.service = of_service.service
        return made


class NoCaseError(FailedError):
    """A switch whose value is that of no case: the fault of none of the services."""

    code = "no_case"
