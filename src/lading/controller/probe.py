"""Asks a replica whether it can answer: its own words, not a guess from outside."""

from __future__ import annotations

import asyncio

TIMEOUT_SECONDS = 2.0


async def is_ready(address: str, path: str) -> bool:
    """Whether `GET path` at `unix:/path` or `host:port` is answered with 200."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _status(address, path) == 200
    except (OSError, TimeoutError, ValueError):
        return False


async def _status(address: str, path: str) -> int:
    reader, writer = await _connect(address)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: replica\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        # RFC 9112, section 4: HTTP-version SP status-code SP [ reason-phrase ]
        first = await reader.readline()
        return int(first.split(b" ", 2)[1]) if first.count(b" ") >= 1 else 0
    finally:
        writer.close()


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("unix:"):
        return await asyncio.open_unix_connection(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))
