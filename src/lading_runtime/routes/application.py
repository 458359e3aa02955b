"""What is answered where: the routes of a service, and every error as a problem document."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import Callable, Mapping
from typing import Optional

from .. import log, open_inference
from ..access import AccessLog
from ..call import CARRIED, JSON, Answer, Operation
from ..exchange import Exchange, Request, Response, Ticket
from ..problem import LATER, MEDIA_TYPE, Problem, internal
from ..workers.frames import Documents
from ..workers.pool import Pool
from . import exposition, v2
from .metrics import Metrics
from .prediction import Office, Prediction

_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_PREDICT = "predict"
_ANY = ("*/*", JSON)
_CARRIED = frozenset(CARRIED)


class Application:
    """The service's routes over its workers."""

    def __init__(self, service: str, pool: Pool, metrics: Metrics) -> None:
        self.draining = False
        self._service = service
        self._pool = pool
        self._metrics = metrics
        self._access = AccessLog(service)
        self._office = Office(pool, metrics.answered, self._access, self.refusal)
        self._ids = request_ids()
        self._predict = f"/{service}/predict"
        self._waiting: set[asyncio.Task[None]] = set()
        self._pages: dict[str, Callable[[str], Response]] = {
            "healthz": lambda given: Response(200, b'{"status":"alive"}', given),
            "openapi.json": lambda given: Response(200, self._documents().openapi, given),
            "metrics": self._expose,
            "docs": self._documentation,
        }

    def handle(self, request: Request, exchange: Exchange) -> Optional[Ticket]:
        """Answer now, or later, when a ticket is given. Never raises for what a client sent."""
        given = request.headers.get("x-request-id")
        request_id = given if given and _SANE_ID.fullmatch(given) else next(self._ids)
        try:
            if request.target == self._predict and request.method == "POST":
                return self._begin(Operation.PREDICT, request, request_id, exchange)
            return self._route(request, request_id, exchange)
        except Problem as problem:
            self._refused(problem, request, request_id, exchange)
        except Exception as error:
            log.write("error", "server failed", error, service=self._service, request_id=request_id)
            exchange.answer(self.refusal(internal(request_id), request_id))
        return None

    def refusal(
        self,
        problem: Problem,
        request_id: Optional[str] = None,
        operation: Operation = Operation.PREDICT,
    ) -> Response:
        """A problem as a response."""
        request_id = request_id or next(self._ids)
        if operation is Operation.INFER:
            return response(open_inference.refusal(problem, request_id), request_id)
        body = problem.encode(request_id)
        return Response(problem.status, body, request_id, MEDIA_TYPE, problem.headers)

    def _begin(
        self, operation: Operation, request: Request, request_id: str, exchange: Exchange
    ) -> Ticket:
        prediction = Prediction(
            operation, request_id, _carried(request.headers), request.body, exchange, self._office
        )
        self._pool.submit(prediction)
        return prediction

    def _route(self, request: Request, request_id: str, exchange: Exchange) -> Optional[Ticket]:
        path = _path(request.target)
        rest = v2.within(path, self._service)
        if rest is not None:
            return self._route_v2(rest, request, request_id, exchange)
        service, _, verb = path[1:].rpartition("/")
        if service != self._service and not (service == "" and verb in ("healthz", "readyz")):
            verb = ""
        if verb == _PREDICT:
            _allow(request, "POST")
            return self._begin(Operation.PREDICT, request, request_id, exchange)
        page = self._pages.get(verb)
        if page is None and verb != "readyz":
            raise Problem("not_found", f"there is nothing at {path[:200]}")
        _allow(request, "GET", "HEAD")
        if page is None:
            self._when_ready(Response(200, b'{"status":"ready"}', request_id), exchange)
        else:
            exchange.answer(page(request_id))
        return None

    def _route_v2(
        self, rest: str, request: Request, request_id: str, exchange: Exchange
    ) -> Optional[Ticket]:
        asked = v2.find(request.method, rest, self._service)
        if asked is v2.Asked.INFER:
            return self._begin(Operation.INFER, request, request_id, exchange)
        if asked is v2.Asked.READY:
            self._when_ready(response(open_inference.ready(), request_id), exchange)
        elif asked is v2.Asked.MODEL_READY:
            ready = open_inference.model_ready(self._service)
            self._when_ready(response(ready, request_id), exchange)
        elif asked is v2.Asked.LIVE:
            exchange.answer(response(open_inference.live(), request_id))
        elif asked is v2.Asked.MODEL:
            exchange.answer(Response(200, self._documents().metadata, request_id))
        else:
            exchange.answer(response(open_inference.metadata(), request_id))
        return None

    def _refused(
        self, problem: Problem, request: Request, request_id: str, exchange: Exchange
    ) -> None:
        path = _path(request.target)
        inference = v2.within(path, self._service) is not None
        operation = Operation.INFER if inference else Operation.PREDICT
        exchange.answer(self.refusal(problem, request_id, operation))
        asked = path.rpartition("/")[2]
        name = asked if asked in (_PREDICT, "infer") else "other"
        self._metrics.answered(name, problem.status, problem.code, 0.0)
        if name != "other" or problem.status < 500:
            # Probes ask often while a handler is being loaded; they are told, the log is not.
            self._access.answered(name, problem.status, problem.code, 0.0, request_id)

    def _when_ready(self, ready: Response, exchange: Exchange) -> None:
        """Asks a worker, which is what makes the answer true."""
        if self.draining:
            raise Problem("draining", "the server is shutting down", headers=LATER)
        self._pool.require_ready()
        task = asyncio.ensure_future(self._ask(ready, exchange))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _ask(self, ready: Response, exchange: Exchange) -> None:
        try:
            await self._pool.require_pong()
        except Problem as problem:
            ready = self.refusal(problem, ready.request_id)
        exchange.answer(ready)

    def _documents(self) -> Documents:
        documents = self._pool.documents_told
        if documents is None:
            self._pool.require_ready()
            raise Problem("not_ready", "the handler is described in a moment")
        return documents

    def _expose(self, request_id: str) -> Response:
        return Response(200, self._metrics.expose(), request_id, exposition.MEDIA_TYPE)

    def _documentation(self, request_id: str) -> Response:
        from . import documentation

        headers = documentation.HEADERS
        return Response(200, documentation.page(), request_id, "text/html; charset=utf-8", headers)


def response(answer: Answer, request_id: str) -> Response:
    """What the front answers itself."""
    return Response(answer.status, answer.body, request_id, answer.media_type, answer.headers)


def request_ids() -> itertools.chain[str]:
    """Ids that no other process makes: random where they begin, counted after that."""
    prefix = os.urandom(10).hex()
    return itertools.chain.from_iterable(
        (f"{prefix}{number:012x}",) for number in itertools.count()
    )


def _carried(headers: Mapping[str, str]) -> dict[str, str]:
    """What a worker has to know; nothing at all for plain JSON."""
    content_type = headers.get("content-type")
    if headers.keys().isdisjoint(_CARRIED) and (content_type is None or content_type == JSON):
        return {}
    carried = {name: headers[name] for name in CARRIED if name in headers}
    if content_type is not None and content_type != JSON:
        carried["content-type"] = content_type
    if carried.get("accept") in _ANY:
        del carried["accept"]
    return carried


def _path(target: str) -> str:
    """Without the query, and of an absolute target (RFC 9112, 3.2.2) the path alone."""
    path = target.partition("?")[0]
    if "://" in path and not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        detail = f"{request.method} is not allowed here; allowed: {allowed}"
        raise Problem("method_not_allowed", detail, headers={"allow": allowed})
