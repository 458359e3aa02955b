"""Calls through the gateway, with the deadline and the trace of the request that is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import Service, service
from .document import Call


class Gateway:
    """A Caller. Services are prepared once, and hold no connection."""

    def __init__(self) -> None:
        self._services: dict[tuple[str, str, Any], Service] = {}

    async def __call__(self, call: Call, arguments: Mapping[str, Any]) -> Any:
        """Raises ServiceError, TypeError, ValueError."""
        key = (call.service, call.path, call.seconds)
        known = self._services.get(key)
        if known is None:
            known = service(call.service, timeout=call.seconds, path=call.path)
            self._services[key] = known
        return await known.predict_async(**arguments)
