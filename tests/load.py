"""An open-loop load on an HTTP address, and what came of every single request.

    with Load("http://127.0.0.1:8080/digits/predict", body=b"{}", idempotent=True) as load:
        ...  # whatever no request may notice
    assert load.failures == []

Requests are begun on time whether or not earlier ones were answered, each on a connection of its
own. Leaving the block begins no more and waits for those that are out.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came of one request. `status` is 0, and `error` says why, when there was no answer."""

    began: float
    """time.monotonic()."""
    seconds: float
    status: int
    body: bytes = b""
    error: str = ""


@dataclass
class Load:
    """`requests_a_second` to `url` for as long as the block lasts, from a thread of its own."""

    url: str
    method: str = "POST"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    requests_a_second: float = 200.0
    idempotent: bool = False
    """Whether each request carries an Idempotency-Key, its own."""
    timeout_seconds: float = 60.0
    answers: list[Answer] = field(default_factory=list)

    @property
    def failures(self) -> list[Answer]:
        """Those that were not answered with a 2xx."""
        return [answer for answer in self.answers if not 200 <= answer.status < 300]

    def slowest_seconds(self) -> float:
        """The longest any request took."""
        return max(answer.seconds for answer in self.answers)

    def __enter__(self) -> Load:
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(self.timeout_seconds + 5)

    async def _run(self) -> None:
        begin = time.monotonic()
        out: set[asyncio.Task[None]] = set()
        number = 0
        while not self._over.is_set():
            number += 1
            task = asyncio.create_task(self._record())
            out.add(task)
            task.add_done_callback(out.discard)
            due = begin + number / self.requests_a_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*out)

    async def _record(self) -> None:
        began = time.monotonic()
        status, body, error = 0, b"", ""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                status, body = await self._request()
        except (OSError, EOFError, ValueError) as problem:  # TimeoutError is an OSError.
            error = f"{type(problem).__name__}: {problem}"
        self.answers.append(Answer(began, time.monotonic() - began, status, body, error))

    async def _request(self) -> tuple[int, bytes]:
        address = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(self._head(address.netloc, address.path or "/", address.query) + self.body)
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
            return int(head.split(b" ", 2)[1]) if head else 0, body
        except IndexError:
            raise EOFError("no answer") from None
        finally:
            writer.close()

    def _head(self, netloc: str, path: str, query: str) -> bytes:
        headers = {
            "Host": netloc,
            "Connection": "close",
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body)),
            **({"Idempotency-Key": uuid.uuid4().hex} if self.idempotent else {}),
            **self.headers,
        }
        lines = [f"{self.method} {path}{'?' + query if query else ''} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()
