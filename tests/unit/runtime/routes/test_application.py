"""What is answered where, over a real worker, without any transport."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lading_runtime.configuration import Configuration
from lading_runtime.exchange import Request, Response
from lading_runtime.routes import application
from lading_runtime.routes.application import Application
from lading_runtime.routes.metrics import Metrics
from lading_runtime.workers import nursery
from lading_runtime.workers.pool import Pool

HANDLERS = Path(__file__).parents[3] / "contracts/runtime/handlers"


class Caller:
    """An exchange that keeps what it is told."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.sent: list[bytes] = []
        self.over = asyncio.get_running_loop().create_future()

    def answer(self, response: Response) -> None:
        self.answers.append(response)
        self.over.set_result(response)

    def begin(self, response: Response) -> None:
        self.answers.append(response)

    def send(self, data: bytes) -> bool:
        self.sent.append(data)
        return True

    def end(self) -> None:
        self.over.set_result(self.answers[0])


class Served:
    """An application, asked directly."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.metrics = Metrics("handlers")
        self.application = Application("handlers", pool, self.metrics)

    async def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        caller = Caller()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.application.handle(Request(method, target, fields, body, "1.1", True), caller)
        found = await asyncio.wait_for(caller.over, 20)
        assert len(caller.answers) == 1
        assert isinstance(found, Response)
        return found


def served(handler: str, story: Callable[[Served], Awaitable[None]], *, wait: bool = True) -> None:
    configuration = Configuration(handler, "handlers", str(HANDLERS))
    started = nursery.start(configuration)

    async def run() -> None:
        asked = Served(Pool(configuration, started, Metrics("handlers")))
        pool = asked.pool
        pool.staff.start()
        try:
            while wait and not (pool.documents_told and pool.has_loaded.done()):
                await asyncio.sleep(0.002)
            await story(asked)
        finally:
            pool.staff.close()
            while pool.staff.present:
                await asyncio.sleep(0.002)
            pool.staff.kill_all()

    asyncio.run(run())
    started.wait()


def problem(response: Response) -> tuple[int, str]:
    document = msgspec.json.decode(response.body)
    assert response.media_type == "application/problem+json"
    assert document["status"] == response.status
    assert document["request_id"] == response.request_id
    return response.status, document["code"]


def test_every_path_has_its_answer() -> None:
    expected = {
        ("GET", "/healthz"): 200, ("GET", "/handlers/healthz"): 200, ("HEAD", "/healthz"): 200,
        ("GET", "/readyz"): 200, ("GET", "/handlers/readyz?verbose=1"): 200,
        ("GET", "/handlers/openapi.json"): 200, ("GET", "/handlers/docs"): 200,
        ("GET", "/handlers/metrics"): 200, ("GET", "/v2"): 200, ("GET", "/v2/health/live"): 200,
        ("GET", "/v2/health/ready"): 200, ("GET", "/v2/models/handlers"): 200,
        ("GET", "/v2/models/handlers/ready"): 200, ("GET", "http://any/handlers/healthz"): 200,
        ("POST", "/handlers/predict"): 200, ("POST", "/handlers/predict?a=b"): 200,
        ("POST", "http://any/handlers/predict"): 200,
        ("POST", "/healthz"): 405, ("GET", "/handlers/predict"): 405,
        ("DELETE", "/v2/health/live"): 405, ("PUT", "/readyz"): 405,
        ("GET", "/"): 404, ("GET", ""): 404, ("GET", "*"): 404, ("GET", "/predict"): 404,
        ("GET", "/other/healthz"): 404, ("POST", "/handlers/predict/"): 404,
        ("GET", "/handlers"): 404, ("GET", "//handlers/healthz"): 404,
        ("GET", "/handlers/../handlers/healthz"): 404, ("GET", "/v2/models/other"): 404,
        ("GET", "/docs"): 404, ("CONNECT", "h:443"): 404,
    }  # fmt: skip

    async def story(asked: Served) -> None:
        for (method, target), status in expected.items():
            body = b'{"number": 3}' if status == 200 and method == "POST" else b""
            answer = await asked.ask(method, target, body)
            assert answer.status == status, (method, target, bytes(answer.body))
            if status == 405:
                assert method not in answer.headers["allow"].split(", ")

    served("handlers:square", story)


def test_a_request_keeps_its_id_where_that_is_harmless() -> None:
    async def story(asked: Served) -> None:
        for given in ("a", "A-1._:/+=@", "x" * 128):
            assert (await asked.ask("GET", "/healthz", x_request_id=given)).request_id == given
        made = set()
        for given in ("", "a b", 'a"', "x" * 129, "a\tb", "é"):
            made.add((await asked.ask("GET", "/healthz", x_request_id=given)).request_id)
        assert len(made) == 6
        assert all(re.fullmatch("[0-9a-f]{32}", one) for one in made)
        refused = await asked.ask("GET", "/nowhere", x_request_id="mine")
        assert problem(refused) == (404, "not_found")
        assert refused.request_id == "mine"

    served("handlers:square", story)


def test_before_the_handler_is_loaded_it_is_alive_and_not_ready() -> None:
    async def story(asked: Served) -> None:
        assert (await asked.ask("GET", "/healthz")).status == 200
        for method, target in (
            ("GET", "/readyz"), ("POST", "/handlers/predict"), ("GET", "/handlers/openapi.json"),
        ):  # fmt: skip
            answer = await asked.ask(method, target)
            assert problem(answer) == (503, "not_ready")
            assert answer.headers["retry-after"] == "1"

    served("handlers:LoadsSlowly", story, wait=False)


def test_readiness_is_off_while_draining_and_predictions_are_not() -> None:
    async def story(asked: Served) -> None:
        asked.application.draining = True
        assert problem(await asked.ask("GET", "/readyz")) == (503, "draining")
        assert (await asked.ask("GET", "/healthz")).status == 200
        assert (await asked.ask("POST", "/handlers/predict", b'{"number": 4}')).body == b"16"

    served("handlers:square", story)


def test_what_is_answered_is_counted() -> None:
    async def story(asked: Served) -> None:
        await asked.ask("POST", "/handlers/predict", b'{"number": 4}')
        await asked.ask("POST", "/handlers/predict", b"{}")
        await asked.ask("GET", "/nowhere")
        page = bytes((await asked.ask("GET", "/handlers/metrics")).body).decode()
        for operation, status in (("predict", 200), ("predict", 422), ("other", 404)):
            labels = f'service="handlers",operation="{operation}",status="{status}"'
            assert f"lading_requests_total{{{labels}}} 1" in page

    served("handlers:square", story)


def test_ids_are_never_made_twice() -> None:
    one, other = application.request_ids(), application.request_ids()
    made = {next(ids) for ids in (one, other) for _ in range(10_000)}
    assert len(made) == 20_000


@pytest.mark.parametrize(
    ("headers", "carried"),
    [
        ({"host": "h", "content-type": "application/json", "user-agent": "a"}, {}),
        ({"content-type": "application/json", "accept": "*/*"}, {}),
        ({"accept": "application/json"}, {}),
        ({"accept": "text/event-stream"}, {"accept": "text/event-stream"}),
        ({"content-type": "text/plain", "cookie": "c"}, {"content-type": "text/plain"}),
        ({"traceparent": "t", "accept": "*/*"}, {"traceparent": "t"}),
        ({"content-encoding": "gzip"}, {"content-encoding": "gzip"}),
    ],
)
def test_a_worker_is_told_only_what_it_has_to_know(
    headers: Mapping[str, str], carried: dict[str, Any]
) -> None:
    assert application._carried(headers) == carried
