"""From calls to answers, around a handler: validation before it, encoding after it, errors apart.

One bad request never harms the others of its batch: what cannot be read is answered before the
batch is made, and a batch that fails is halved until the requests at fault stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional, Union

from .. import log, tracing
from ..call import Answer, Call, Operation
from ..dataplane.plane import DataPlane
from ..problem import MEDIA_TYPE, NOT_STARTED, PassedOn, Problem, internal


class Ready(NamedTuple):
    """A call whose arguments are valid."""

    call: Call
    arguments: dict[str, Any]


class Answered(NamedTuple):
    """An answer under its call's number."""

    id: int
    answer: Answer


class CountError(Exception):
    """The handler gave another number of results than it was given inputs."""


class Answering:
    """Answers for one loaded handler. Never raises for what a client sent or a handler did."""

    def __init__(self, service: str, plane: DataPlane) -> None:
        self.plane = plane
        self._service = service

    def read(self, call: Call, now: float) -> Union[Ready, Answer]:
        """What can be predicted at the moment `now`; where it cannot, the answer that says why."""
        if call.deadline < now:
            return self.unbegun(call)
        try:
            return Ready(call, self.plane.read(call))
        except Problem as problem:
            return self.refuse(call, problem)
        except Exception as error:
            return self.failed(call, error)

    def sort(self, calls: Sequence[Call], now: float) -> tuple[list[Ready], list[Answered]]:
        """The batch that can be predicted, and the answers to those that cannot."""
        batch: list[Ready] = []
        answered: list[Answered] = []
        for call in calls:
            ready = self.read(call, now)
            if isinstance(ready, Ready):
                batch.append(ready)
            else:
                answered.append(Answered(call.id, ready))
        return batch, answered

    def unbegun(self, call: Call) -> Answer:
        """For one whose time is over: the front may not have told its caller so yet."""
        detail = "its time was over before its turn came"
        return self.refuse(call, Problem("deadline_exceeded", detail, headers=NOT_STARTED))

    def activate(self, call: Call) -> None:
        """What the handler does from here on is done for this request."""
        tracing.answering(call.request_id, call.headers, call.deadline)

    def predict(self, ready: Ready) -> Answer:
        """One by itself."""
        self.activate(ready.call)
        handler = self.plane.handler
        try:
            if handler.predict is None:
                (result,) = _counted(handler.predict_batch([ready.arguments]), 1)  # type: ignore[misc]
            else:
                result = handler.predict(**ready.arguments)
        except Problem as problem:
            return self.refuse(ready.call, problem)
        except BaseException as error:
            return self.failed(ready.call, error)
        return self.write(ready.call, result)

    def predict_batch(self, batch: Sequence[Ready]) -> list[Answer]:
        """Together, in their order; whatever fails alone."""
        if len(batch) == 1:
            return [self.predict(batch[0])]
        self.activate(batch[0].call)
        try:
            outcome: Any = self.plane.handler.predict_batch(_arguments(batch))  # type: ignore[misc]
            results: Optional[Sequence[Any]] = _counted(outcome, len(batch))
        except CountError as error:
            return [self.failed(ready.call, error) for ready in batch]
        except BaseException as error:
            if _concerns_all(error):
                return [self.failed(ready.call, error) for ready in batch]
            results = None
        if results is None:
            half = len(batch) // 2
            return self.predict_batch(batch[:half]) + self.predict_batch(batch[half:])
        return [self.settle(ready, result) for ready, result in zip(batch, results)]  # noqa: B905

    async def predict_async(self, ready: Ready) -> Answer:
        handler = self.plane.handler
        self.activate(ready.call)
        try:
            if handler.predict is None:
                given = await handler.predict_batch([ready.arguments])  # type: ignore[misc]
                (result,) = _counted(given, 1)
            else:
                result = await handler.predict(**ready.arguments)
        except Problem as problem:
            return self.refuse(ready.call, problem)
        except (Exception, SystemExit) as error:
            return self.failed(ready.call, error)
        return self.write(ready.call, result)

    async def predict_batch_async(self, batch: Sequence[Ready]) -> list[Answer]:
        if len(batch) == 1:
            return [await self.predict_async(batch[0])]
        self.activate(batch[0].call)
        try:
            outcome: Any = await self.plane.handler.predict_batch(_arguments(batch))  # type: ignore[misc]
            results: Optional[Sequence[Any]] = _counted(outcome, len(batch))
        except CountError as error:
            return [self.failed(ready.call, error) for ready in batch]
        except (Exception, SystemExit) as error:
            if _concerns_all(error):
                return [self.failed(ready.call, error) for ready in batch]
            results = None
        if results is None:
            half = len(batch) // 2
            first = await self.predict_batch_async(batch[:half])
            return first + await self.predict_batch_async(batch[half:])
        return [self.settle(ready, result) for ready, result in zip(batch, results)]  # noqa: B905

    def settle(self, ready: Ready, result: Any) -> Answer:
        """A batch's handler may give an exception in the place of one result."""
        if isinstance(result, Problem):
            return self.refuse(ready.call, result)
        if isinstance(result, BaseException):
            return self.failed(ready.call, result)
        return self.write(ready.call, result)

    def write(self, call: Call, result: Any) -> Answer:
        try:
            return self.plane.write(result, call)
        except Problem as problem:
            return self.refuse(call, problem)
        except Exception as error:
            return self.failed(call, error)

    def failed(self, call: Call, error: BaseException) -> Answer:
        """What is told of what the handler raised."""
        return self.refuse(call, self.problem(call, error))

    def problem(self, call: Call, error: BaseException) -> Problem:
        """Of what the handler raised: a 500, of which the log says why, or what it says itself."""
        told = error.problem() if isinstance(error, PassedOn) else None
        service, request_id = self._service, call.request_id
        if told is None:
            log.write("error", "prediction failed", error, service=service, request_id=request_id)
            return internal(request_id)
        log.write(
            "warning", "a called service failed", service=service, request_id=request_id,
            problem=told.code, detail=str(error),
        )  # fmt: skip
        return told

    def refuse(self, call: Call, problem: Problem) -> Answer:
        if call.operation is Operation.INFER:
            return self.plane.refuse_inference(problem, call.request_id)
        return document(problem, call.request_id)


def document(problem: Problem, request_id: str) -> Answer:
    """A problem as an answer."""
    body = problem.encode(request_id)
    return Answer(body, MEDIA_TYPE, problem.status, problem.code, problem.headers)


def _concerns_all(error: BaseException) -> bool:
    """Whether a batch in halves would fare no better: a service that it calls is not there."""
    told = error.problem() if isinstance(error, PassedOn) else None
    return told is not None and told.status in (503, 504)


def _arguments(batch: Sequence[Ready]) -> list[Mapping[str, Any]]:
    return [ready.arguments for ready in batch]


def _counted(results: Any, wanted: int) -> Sequence[Any]:
    # An array has `tolist`; so has a column of a table, but not the table.
    if not isinstance(results, (list, tuple)) and not hasattr(results, "tolist"):
        raise CountError(
            f"predict_batch returned {type(results).__qualname__} for {wanted} inputs; "
            "return a list of as many outputs"
        )
    came = len(results)
    if came != wanted:
        raise CountError(
            f"predict_batch returned {came} outputs for {wanted} inputs; return one for each"
        )
    return results  # type: ignore[no-any-return]
