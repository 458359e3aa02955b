"""Asks a replica whether it can answer: its own words, not a guess from outside."""

from __future__ import annotations

import asyncio

import msgspec

TIMEOUT_SECONDS = 2.0
_MOST_BYTES = 4096
_LONGEST_PHRASE = 200


async def why_not(address: str, path: str) -> str:
    """Why a replica cannot answer, in a phrase; empty where `GET path` is answered with 200.

    `address` is `unix:/path` or `host:port`.
    """
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _ask(address, path)
    except TimeoutError:
        return f"{path} is not answered within {TIMEOUT_SECONDS:g} s"
    except OSError:
        return "it does not listen yet"
    except ValueError:
        return f"{path} is not answered with HTTP"


async def _ask(address: str, path: str) -> str:
    reader, writer = await _connect(address)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: replica\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        # RFC 9112, section 4: HTTP-version SP status-code SP [ reason-phrase ]
        version, status, *_ = [*(await reader.readline()).split(b" ", 2), b""]
        if not version.startswith(b"HTTP/"):
            raise ValueError(version)
        if int(status) == 200:
            return ""
        rest = await reader.read(_MOST_BYTES)
        return _detail(rest) or f"{path} is answered with {int(status)}"
    finally:
        writer.close()


def _detail(rest: bytes) -> str:
    """Of a problem document (RFC 9457); empty where the answer is none, or says nothing fit."""
    head, _, body = rest.partition(b"\r\n\r\n")
    if b"application/problem+json" not in head.lower():
        return ""
    try:
        detail = msgspec.json.decode(body, type=dict[str, object]).get("detail")
    except msgspec.DecodeError:
        return ""
    return detail[:_LONGEST_PHRASE] if isinstance(detail, str) and detail.isprintable() else ""


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("unix:"):
        return await asyncio.open_unix_connection(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port))
