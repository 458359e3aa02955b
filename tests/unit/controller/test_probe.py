import asyncio
from pathlib import Path

import pytest

from lading.controller.probe import why_not
from lading_runtime.bridge import NOT_STARTED

LINE = b"HTTP/1.1 %s\r\n"
PROBLEM = LINE % b"503 No" + b"Content-Type: application/problem+json\r\n\r\n"


async def _why(path: Path, answer: bytes | None) -> str:
    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer or b"")
        writer.close()

    if answer is None:
        return await why_not(f"unix:{path}", "/up")
    async with await asyncio.start_unix_server(answered, path):
        return await why_not(f"unix:{path}", "/up")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (LINE % b"200 OK" + b"\r\n", ""),
        (LINE % b"200", ""),
        (None, "it does not listen yet"),
        (NOT_STARTED, "nothing listens on the port of lading.yaml"),
        (PROBLEM + b'{"detail":"the handler is still being loaded"}', "the handler is still being"),
        (PROBLEM + b'{"detail":"\\u001b[2J"}', "/up is answered with 503"),
        (PROBLEM + b"[1]", "/up is answered with 503"),
        (LINE % b"404 Not Found" + b"\r\n", "/up is answered with 404"),
        (LINE % b"wrong", "/up is not answered with HTTP"),
        (b"220 ready\r\n", "/up is not answered with HTTP"),
        (b"x" * 100_000, "/up is not answered with HTTP"),
        (b"", "/up is not answered with HTTP"),
    ],
)
def test_a_replica_that_cannot_answer_says_why(
    tmp_path: Path, answer: bytes | None, why: str
) -> None:
    said = asyncio.run(_why(tmp_path / "s", answer))
    assert said.startswith(why) if why else said == ""
