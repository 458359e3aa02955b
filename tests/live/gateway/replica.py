"""A replica in a few lines, to be run as a process: python replica.py SERVICE SOCKET [UNREADY].

Answers `/SERVICE/…` with JSON that says who answered and what it got; `?ms=N` takes that long,
`?drop` closes the connection instead. For the first UNREADY seconds `/SERVICE/readyz` says 503, and
everything else is refused with `x-lading-not-started: 1`. SIGTERM: answers what it has, then ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SERVICE, SOCKET = sys.argv[1], sys.argv[2]
READY_AT = time.monotonic() + float(sys.argv[3] if len(sys.argv) > 3 else 0)
busy: set[asyncio.Task[None]] = set()
ending = asyncio.Event()


async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await one(reader, writer):
            pass
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    task = asyncio.current_task()
    busy.add(task)  # type: ignore[arg-type]
    try:
        reply = await answer(first.split()[0], first.split()[1], headers, body)
        if reply:
            writer.write(reply)
            await writer.drain()
        return bool(reply)
    finally:
        busy.discard(task)  # type: ignore[arg-type]


async def answer(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    url = urlsplit(target)
    query = parse_qs(url.query, keep_blank_values=True)
    if time.monotonic() < READY_AT:
        return response(503, {"code": "not_ready"}, "x-lading-not-started: 1\r\n")
    if "drop" in query:
        return b""
    await asyncio.sleep(float(query.get("ms", ["0"])[0]) / 1000)
    if url.path == f"/{SERVICE}/readyz" and ending.is_set():
        return response(503, {"code": "ending"})
    said = {"pid": os.getpid(), "target": target, "method": method, "length": len(body)}
    return response(200, {**said, "headers": headers}, "server: replica\r\n")


def response(status: int, document: object, headers: str = "") -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


async def main() -> None:
    Path(SOCKET).unlink(missing_ok=True)
    server = await asyncio.start_unix_server(connection, SOCKET, backlog=1024, limit=2**20)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()
    server.close()
    while busy:
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
