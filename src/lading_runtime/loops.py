"""The event loop: uvloop's where it can be imported, asyncio's own otherwise."""

from __future__ import annotations

import asyncio


def new() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
