"""The event loops that a connection lives in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lading_runtime import loops


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    """Runs a story in one of the two event loops."""

    def run(story: Awaitable[None]) -> None:
        loop = loops.new() if request.param == "uvloop" else asyncio.new_event_loop()
        try:
            loop.run_until_complete(story)
        finally:
            loop.close()

    return run
