"""The access log: a line for each prediction and each refusal, or for those that failed here."""

from __future__ import annotations

import os
import time

from . import log

KINDS = {"all": 0, "errors": 500, "none": 1000}
"""What LADING_ACCESS_LOG may say, and the lowest HTTP status that is then logged."""
DEFAULT = "errors"
MOST_ERRORS_A_SECOND = 100
"""A server that refuses thousands must not spend its time on saying so."""


class AccessLog:
    """Of one server. Ask whether a status is at least `lowest` before calling: that is free."""

    def __init__(self, service: str) -> None:
        kind = os.environ.get("LADING_ACCESS_LOG", "").lower() or DEFAULT
        self.lowest = KINDS.get(kind, KINDS[DEFAULT])
        self._bounded = self.lowest > 0
        self._service = service
        self._second = 0
        self._written = 0
        self._left_out = 0

    def answered(
        self, operation: str, status: int, code: str, seconds: float, request_id: str
    ) -> None:
        """Writes the line if it is asked for; of a request nothing but what the server knows."""
        if status < self.lowest or (self._bounded and self._too_many()):
            return
        log.write(
            "error" if status >= 500 else "info",
            "request",
            service=self._service,
            request_id=request_id,
            operation=operation,
            status=status,
            code=code,
            seconds=round(seconds, 6),
        )

    def _too_many(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            left_out, self._left_out = self._left_out, 0
            self._second, self._written = second, 0
            if left_out:
                log.write("warning", "requests not logged", service=self._service, count=left_out)
        self._written += 1
        if self._written > MOST_ERRORS_A_SECOND:
            self._left_out += 1
            return True
        return False
