"""What a call to another service may raise.

ServiceError                whatever kept a call from giving a result
├── GatewayUnset            LADING_GATEWAY is not set, or is no address
├── ConnectionFailed        nobody could be reached; nothing was done
├── ConnectionLost          the request was sent, no whole answer came: it may have been done
├── DeadlineExceeded        504, or the call's own time is over
├── ServiceUnavailable      502, 503: no replica, still loading, shutting down
├── TooManyRequests         429: too many wait already
├── InvalidArgument         422: `faults` names every argument that is wrong
├── NotFound                404: there is no such service
├── RequestRefused          any other 4xx: too large, not readable
├── InternalError           500 and above: the log of the service says why, under `request_id`
└── UnexpectedAnswer        an answer that is not HTTP, or not what its type says

Where a handler lets one pass, its own caller gets `problem()`: 503, 504 or 502, naming the service.

An argument that cannot be sent is a `TypeError` or `ValueError` instead, raised before anything is
sent.
"""

# ruff: noqa: N818 - errors of a state are named by the state

from __future__ import annotations

from typing import ClassVar, NamedTuple, Optional

from lading_runtime.problem import LATER, Fault, PassedOn, Problem

UNAVAILABLE = "upstream_unavailable"


class Failure(NamedTuple):
    """What is known of a call that failed. `status` is None where no answer came."""

    service: str
    detail: str
    status: Optional[int] = None
    code: Optional[str] = None
    request_id: Optional[str] = None
    faults: tuple[Fault, ...] = ()
    behind: Optional[str] = None
    """The service that `service` says it was let down by."""


class ServiceError(PassedOn):
    """A call that gave no result.

    `service` was called; `status` and `code` are of its answer, both None where none came; `detail`
    says what went wrong; `request_id` is what logs name this request by, where one is known.
    """

    advice: ClassVar[str] = ""
    passed_on_as: ClassVar[str] = "upstream_failed"
    """The code of `problem`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure
        self.service = failure.service
        self.status = failure.status
        self.code = failure.code
        self.detail = failure.detail
        self.request_id = failure.request_id

    def problem(self) -> Optional[Problem]:
        """What the caller of the running service is told: which one failed, and how."""
        # 502: it was there, and was let down itself.
        code = "upstream_failed" if self.status == 502 else self.passed_on_as
        made = Problem(code, self._told(), headers=LATER if code == UNAVAILABLE else None)
        made.service = self.failure.behind or self.service
        return made

    def _told(self) -> str:
        came = " ".join(str(x) for x in (self.status, self.code) if x is not None)
        return f"service {self.service!r}: {came + ': ' if came else ''}{self.detail}"

    def __str__(self) -> str:
        told = self._told()
        if self.advice:
            told += f"; {self.advice}"
        return told if self.request_id is None else f"{told} (request {self.request_id})"


class GatewayUnset(ServiceError):
    """It is not known where services are."""

    advice = 'set LADING_GATEWAY to http://host:port or unix:/path, or give service() a "gateway"'

    def problem(self) -> Optional[Problem]:
        return None


class ConnectionFailed(ServiceError):
    """The request was never delivered."""

    advice = "look whether the gateway runs, and whether LADING_GATEWAY is where it listens"
    passed_on_as = UNAVAILABLE


class ConnectionLost(ServiceError):
    """The connection ended within the answer or before it; the prediction may have been made."""

    advice = (
        "it may have been done; where doing it twice is harmless, service(..., idempotent=True) "
        "sends it again"
    )
    passed_on_as = UNAVAILABLE


class DeadlineExceeded(ServiceError):
    """The service took longer than it may, or than this call waits."""

    advice = "give the call a longer timeout, or the service less to do"
    passed_on_as = "upstream_timeout"


class ServiceUnavailable(ServiceError):
    """Nobody could take the request now."""

    advice = "look whether the service was started and is ready"
    passed_on_as = UNAVAILABLE


class TooManyRequests(ServiceError):
    """The service has as much to do as it takes on."""

    advice = "call again later, or scale the service up"
    passed_on_as = UNAVAILABLE


class InvalidArgument(ServiceError):
    """Arguments that the service does not take; `faults` has field, expected and came of each."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.failure.faults


class NotFound(ServiceError):
    """No service of this name answers at the gateway."""

    advice = "look for the name in lading.yaml"


class RequestRefused(ServiceError):
    """The request was not accepted as it was sent."""


class InternalError(ServiceError):
    """The service failed."""

    advice = "the log of the service has the reason"


class UnexpectedAnswer(ServiceError):
    """What came is no answer that can be understood."""

    advice = "look at what listens there"


_BY_STATUS: dict[int, type[ServiceError]] = {
    404: NotFound,
    422: InvalidArgument,
    429: TooManyRequests,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: DeadlineExceeded,
}


def of_answer(failure: Failure) -> ServiceError:
    """The error for an answer with this status, which is no 2xx."""
    status = failure.status or 0
    if status in _BY_STATUS:
        return _BY_STATUS[status](failure)
    if status >= 500:
        return InternalError(failure)
    return RequestRefused(failure) if status >= 400 else UnexpectedAnswer(failure)
