"""The gateway as the loop tends it: told of what changed, and started again when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lading.controller.watch import monotonic
from lading.errors import LadingError
from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener, Route

_AGAIN_SECONDS = 1.0
"""After it could not be told or started."""
_BOUND_SECONDS = 1.0
"""How often the size of the request log is looked at."""

Routing = Callable[[], tuple[Route, ...]]
"""What it is to go by at the moment of asking."""


class Entrance:
    """`note` hears of what happens to the gateway. Envoy's verbs wait for each other here: they are
    not to be used from two threads at once."""

    def __init__(self, envoy: Envoy, routing: Routing, note: Callable[[str], None]) -> None:
        self.envoy = envoy
        self.restarts = 0
        self._routing = routing
        self._note = note
        self._alone = asyncio.Lock()
        self._routed: tuple[Route, ...] | None = None
        self._not_before = 0.0
        self._bound_not_before = 0.0

    async def adopt(self) -> None:
        """Find what an earlier controller left."""
        async with self._alone:
            await asyncio.to_thread(self.envoy.adopt)

    async def stop(self) -> None:
        """Let requests finish, and end it."""
        async with self._alone:
            await asyncio.to_thread(self.envoy.stop)

    async def open(self, listener: Listener) -> None:
        """Start it there, or move it. Raises GatewayError when its port cannot be had."""
        async with self._alone:
            await self._open(listener)

    async def tend(self, listener: Listener | None, needed: Callable[[], bool]) -> bool:
        """Whether it goes by what is watched now, or there is none to go by anything.

        One that is gone is started again where it is `needed`.
        """
        if listener is None or monotonic() < self._not_before:
            return not self.envoy.alive()
        try:
            async with self._alone:
                if self.envoy.alive():
                    await self._route()
                    await self._bound_requests()
                elif needed():
                    self.restarts += 1
                    self._note("gone; starting it again")
                    await self._open(listener)
        except (LadingError, OSError) as error:
            self._not_before = monotonic() + _AGAIN_SECONDS
            self._note(f"failed: {error}")
            return False
        return True

    async def _open(self, listener: Listener) -> None:
        self._routed = self._routing()
        await asyncio.to_thread(self.envoy.start, listener, self._routed)

    async def _route(self) -> None:
        """Returns once the gateway goes by it: a replica being stopped gets nothing more."""
        wanted = self._routing()
        if wanted != self._routed:
            await asyncio.to_thread(self.envoy.update, wanted)
            self._routed = wanted

    async def _bound_requests(self) -> None:
        if monotonic() >= self._bound_not_before:
            self._bound_not_before = monotonic() + _BOUND_SECONDS
            await asyncio.to_thread(self.envoy.bound_requests)
