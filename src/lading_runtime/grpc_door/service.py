"""The methods of `inference.GRPCInferenceService` and of `grpc.health.v1.Health`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import grpc
import msgspec

from ..problem import Problem
from . import messages, refusals, translation, wire
from .front import Front, Reply, Unreachable
from .wire import WireError

SERVICE = "inference.GRPCInferenceService"
HEALTH = "grpc.health.v1.Health"
_SERVING, _NOT_SERVING = 1, 2
_PASSED_ON = ("traceparent", "tracestate", "x-request-id")
_TYPED_BYTES = 64 * 1024
"""More numbers than this are read in a thread, so that others are answered meanwhile."""
Method = Callable[[bytes, Any], Awaitable[bytes]]


class Service:
    """Answers each call by asking the server. Requests and answers are messages as bytes."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def handlers(self) -> tuple[grpc.GenericRpcHandler, ...]:
        """For a server of grpcio."""
        methods: dict[str, Method] = {
            "ServerLive": self._server_live, "ServerReady": self._server_ready,
            "ModelReady": self._model_ready, "ServerMetadata": self._server_metadata,
            "ModelMetadata": self._model_metadata, "ModelInfer": self._model_infer,
        }  # fmt: skip
        return _handler(SERVICE, methods), _handler(HEALTH, {"Check": self._check})

    async def _server_live(self, _: bytes, context: Any) -> bytes:
        reply = await self._ask(context, "GET", "/v2/health/live")
        return wire.encode(messages.LIVE_RESPONSE, {"live": reply.status == 200})

    async def _server_ready(self, _: bytes, context: Any) -> bytes:
        reply = await self._ask(context, "GET", "/v2/health/ready")
        return wire.encode(messages.READY_RESPONSE, {"ready": reply.status == 200})

    async def _model_ready(self, request: bytes, context: Any) -> bytes:
        path = await self._model(request, context)
        reply = await self._ask(context, "GET", f"{path}/ready")
        if reply.status not in (200, 503):
            await _refuse(context, reply)
        return wire.encode(messages.READY_RESPONSE, {"ready": reply.status == 200})

    async def _server_metadata(self, _: bytes, context: Any) -> bytes:
        reply = await self._answered(context, "GET", "/v2")
        return wire.encode(messages.SERVER_RESPONSE, msgspec.json.decode(reply.body))

    async def _model_metadata(self, request: bytes, context: Any) -> bytes:
        reply = await self._answered(context, "GET", await self._model(request, context))
        return translation.metadata(reply.body)

    async def _model_infer(self, request: bytes, context: Any) -> bytes:
        try:
            message = wire.decode(messages.INFER_REQUEST, memoryview(request))
            if translation.typed_bytes(message) > _TYPED_BYTES:
                loop = asyncio.get_running_loop()
                rest = await loop.run_in_executor(None, translation.infer, message)
            else:
                rest = translation.infer(message)
        except WireError as error:
            await refusals.abort(context, Problem("invalid_argument", f"the message: {error}"))
        except Problem as problem:
            await refusals.abort(context, problem)
        reply = await self._answered(context, "POST", rest.path, rest.headers, rest.chunks)
        return translation.inferred(reply.headers, reply.body)

    async def _check(self, request: bytes, context: Any) -> bytes:
        name = (await self._decoded(messages.HEALTH_REQUEST, request, context)).get("service", "")
        if name not in ("", SERVICE):
            await refusals.abort(context, Problem("not_found", f"there is no service {name!r}"))
        reply = await self._ask(context, "GET", "/v2/health/ready")
        status = _SERVING if reply.status == 200 else _NOT_SERVING
        return wire.encode(messages.HEALTH_RESPONSE, {"status": status})

    async def _model(self, request: bytes, context: Any) -> str:
        message = await self._decoded(messages.MODEL_REQUEST, request, context)
        return translation.model_path(message.get("name", ""), message.get("version", ""))

    async def _decoded(self, message: wire.Message, request: bytes, context: Any) -> Any:
        try:
            return wire.decode(message, memoryview(request))
        except WireError as error:
            await refusals.abort(context, Problem("invalid_argument", f"the message: {error}"))

    async def _answered(self, context: Any, *asked: Any) -> Reply:
        """Ends the call where the answer is an error."""
        reply = await self._ask(context, *asked)
        if reply.status != 200:
            await _refuse(context, reply)
        return reply

    async def _ask(
        self, context: Any, method: str, path: str, headers: Any = None, chunks: Any = ()
    ) -> Reply:
        passed_on = {
            name: value
            for name, value in context.invocation_metadata()
            if name in _PASSED_ON and value.isascii() and value.isprintable()
        }
        try:
            return await self._front.ask(method, path, {**passed_on, **(headers or {})}, chunks)
        except Unreachable as error:
            await refusals.abort(context, Problem("not_ready", str(error)))


async def _refuse(context: Any, reply: Reply) -> NoReturn:
    await refusals.abort_as_answered(context, reply)


def _handler(service: str, methods: dict[str, Method]) -> grpc.GenericRpcHandler:
    # Without serializers both sides are bytes.
    by_name: dict[str, Any] = {
        name: grpc.unary_unary_rpc_method_handler(one) for name, one in methods.items()
    }
    return grpc.method_handlers_generic_handler(service, by_name)
