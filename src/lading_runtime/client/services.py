"""Another service, as seen from a handler.

    from lading_runtime import service

    page = service("ocr").predict(image=photo, language="deu")
    page = await service("ocr").predict_async(image=photo)
    for token in service("writer").stream(prompt="..."): ...
    async for token in service("writer").stream_async(prompt="..."): ...

The plain forms also work inside an `async def predict`, but block its event loop: all predictions
of that worker wait with them.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, Optional

import msgspec

from lading_runtime import tracing
from lading_runtime.client import address, requests
from lading_runtime.client.conversation import Call, predict
from lading_runtime.client.errors import Failure, GatewayUnset
from lading_runtime.client.streaming import Stream
from lading_runtime.client.waiting import drive, run

DEFAULT_SECONDS = 60.0
PREDICT = "/predict"
"""Where the runtime's server predicts; a process that is a server itself may have other paths."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PATH = re.compile(r"/[!-~]*")


class Service(msgspec.Struct, frozen=True):
    """Made by `service`. Holds no connection: make as many as you like, share them at will."""

    name: str
    timeout: Optional[float] = DEFAULT_SECONDS
    gateway: Optional[str] = None
    idempotent: bool = False
    path: str = PREDICT

    def predict(self, /, **arguments: Any) -> Any:
        """The result, as plain Python. Raises ServiceError, TypeError, ValueError."""
        return run(predict(self._call(arguments, "*/*")))

    async def predict_async(self, /, **arguments: Any) -> Any:
        """The same as a coroutine."""
        return await drive(predict(self._call(arguments, "*/*")))

    def stream(self, /, **arguments: Any) -> Iterator[Any]:
        """The values of a streamed answer as they come; a whole answer is one value.

        `timeout` bounds the wait for each. Leaving the loop ends the stream. Raises as `predict`.
        """
        return _values(self._call(arguments, "text/event-stream, */*;q=0.5"))

    def stream_async(self, /, **arguments: Any) -> AsyncIterator[Any]:
        """The same for `async for`."""
        return _values_async(self._call(arguments, "text/event-stream, */*;q=0.5"))

    def _call(self, arguments: dict[str, Any], accept: str) -> Call:
        body = requests.body(arguments)
        context = tracing.current()
        place = self._address(None if context is None else context.request_id)
        headers = {"accept": accept}
        if context is not None:
            headers.update(requests.traced(context))
        if self.idempotent:
            headers["idempotency-key"] = os.urandom(16).hex()
        return Call(
            self.name,
            place,
            requests.encode(place, f"/{self.name}{self.path}", body, headers),
            self.timeout,
            None if context is None else context.deadline,
            self.idempotent,
            None if context is None else context.request_id,
        )

    def _address(self, request_id: Optional[str]) -> address.Address:
        text = self.gateway or os.environ.get("LADING_GATEWAY")
        if not text:
            detail = "nothing says where services are: LADING_GATEWAY is not set"
            raise GatewayUnset(Failure(self.name, detail, request_id=request_id))
        try:
            return address.read(text)
        except ValueError as error:
            source = "gateway" if self.gateway else "LADING_GATEWAY"
            detail = f"{source}: {error}"
            raise GatewayUnset(Failure(self.name, detail, request_id=request_id)) from None


def service(
    name: str,
    *,
    timeout: Optional[float] = DEFAULT_SECONDS,
    gateway: Optional[str] = None,
    idempotent: bool = False,
    path: str = PREDICT,
) -> Service:
    """The service `name` of this app; nothing is opened or looked up before it is called.

    `timeout` is in seconds; None waits as long as the request that is being answered may. `gateway`
    replaces LADING_GATEWAY. `idempotent` says that predicting twice does no harm: a request whose
    fate is unknown is then sent again, here and by the gateway. `path` is what is asked for below
    the service's name. Raises ValueError.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"expected the name of a service, got {name!r}")
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout: expected seconds above 0, got {timeout!r}")
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ValueError(f"path: expected one that begins with '/', got {path!r}")
    return Service(name, timeout, gateway, idempotent, path)


def _values(call: Call) -> Iterator[Any]:
    stream = Stream(call)
    try:
        while values := run(stream.values()):
            yield from values
    finally:
        stream.close()


async def _values_async(call: Call) -> AsyncIterator[Any]:
    stream = Stream(call)
    try:
        while values := await drive(stream.values()):
            for value in values:
                yield value
    finally:
        stream.close()
