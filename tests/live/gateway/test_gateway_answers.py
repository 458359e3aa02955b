"""What a client gets from the gateway, word for word."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from lading.gateway.envoy import Envoy
from lading.gateway.route import Listener, Route
from tests.live.gateway.replicas import Replica

pytestmark = pytest.mark.live
Make = Callable[..., Replica]


@pytest.fixture
def client(envoy: Envoy, listener: Listener, replica: Make, url: str) -> Iterator[httpx.Client]:
    """Of a gateway with a service that answers, one without replicas and one that cannot start."""
    envoy.start(
        listener,
        [
            Route("digits", (replica().address,), timeout_seconds=2),
            Route("empty", ()),
            Route("dead", ("unix:/nowhere.sock",), timeout_seconds=1),
        ],
    )
    with httpx.Client(base_url=url, timeout=20) as made:
        yield made


def problem(answer: httpx.Response) -> dict[str, object]:
    """Its document without the request's id, which is that of the header."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert "retry-after" not in answer.headers or answer.status_code in (429, 503)
    document = answer.json()
    assert isinstance(document, dict)
    assert document.pop("request_id", None) == answer.headers.get("x-request-id")
    return document


def raw(listener: Listener, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def test_a_request_reaches_its_service_as_it_was_sent(client: httpx.Client) -> None:
    answer = client.post("/digits/a/b?c=%20d&e", content=b"12345")
    assert answer.json()["target"] == "/digits/a/b?c=%20d&e"
    assert answer.json()["length"] == 5


def test_a_service_is_found_where_clients_of_the_inference_protocol_look(
    client: httpx.Client,
) -> None:
    for path in ("/v2/models/digits", "/v2/models/digits/versions/1/infer"):
        assert client.post(path, content=b"1").json()["target"] == path
    for path in ("/v2/models/digits2", "/v2/models"):
        assert client.get(path).status_code == 404


def test_the_gateway_says_that_it_is_alive(client: httpx.Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/digit/x", "/digitsx", "/digits2/predict", "/DIGITS/x"])
def test_only_the_whole_name_is_a_service(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert problem(answer) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "unknown_service",
        "detail": f"no service answers {path}; there is dead, digits, empty",
    }


def test_a_path_of_quotes_and_backslashes_gives_valid_json(
    listener: Listener, client: httpx.Client
) -> None:
    received = raw(
        listener, b"GET /a\"b\\c'{%}<x> HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    document = json.loads(received.partition(b"\r\n\r\n")[2])
    assert document["code"] == "unknown_service"


def test_the_name_of_a_service_alone_leads_to_it(client: httpx.Client) -> None:
    assert client.get("/digits").json()["target"] == "/digits"


def test_a_service_without_replicas_says_so_at_once(client: httpx.Client) -> None:
    began = time.monotonic()
    answer = client.post("/empty/predict")
    assert time.monotonic() - began < 0.5
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert problem(answer) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "code": "no_replica",
        "detail": "the service empty has no replica",
        "service": "empty",
    }


@pytest.mark.parametrize(
    ("service", "path"), [("dead", "/dead/predict"), ("digits", "/digits/predict?ms=5000")]
)
def test_no_answer_within_the_time_limit_is_504(
    client: httpx.Client, service: str, path: str
) -> None:
    answer = client.post(path)
    said = problem(answer)
    assert (answer.status_code, said["code"]) == (504, "deadline_exceeded")
    assert said["service"] == service
    assert said["detail"] == f"the service {service} did not answer within its time limit"


def test_a_replica_that_hangs_up_is_told_from_one_that_is_not_there(client: httpx.Client) -> None:
    answer = client.post("/digits/x?drop")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert (problem(answer)["code"], problem(answer)["service"]) == ("replica_lost", "digits")
    assert "Idempotency-Key" in str(problem(answer)["detail"])


def test_a_body_up_to_the_limit_is_taken_and_one_above_is_413(
    client: httpx.Client, listener: Listener
) -> None:
    limit = listener.max_body_bytes
    assert client.post("/digits/x", content=b"x" * limit).json()["length"] == limit
    answer = client.post("/digits/x", content=b"x" * (limit + 1))
    assert answer.status_code == 413
    assert problem(answer) == {
        "type": "about:blank",
        "title": "Content Too Large",
        "status": 413,
        "code": "body_too_large",
        "detail": f"the body of a request may have at most {limit} bytes",
    }


def test_a_body_of_unknown_length_above_the_limit_is_413(
    client: httpx.Client, listener: Listener
) -> None:
    parts = (b"x" * 65536 for _ in range(listener.max_body_bytes // 65536 + 1))
    answer = client.post("/digits/x", content=parts)
    assert (answer.status_code, problem(answer)["code"]) == (413, "body_too_large")


def test_a_body_of_unknown_length_arrives_with_its_length(client: httpx.Client) -> None:
    answer = client.post("/digits/x", content=iter([b"abc", b"de"]))
    assert answer.json()["length"] == 5


def test_a_refused_length_is_answered_before_the_body_is_sent(
    client: httpx.Client, listener: Listener
) -> None:
    head = b"POST /digits/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    assert raw(listener, head).startswith(b"HTTP/1.1 413 ")


def test_too_large_headers_are_431(client: httpx.Client) -> None:
    answer = client.get("/digits/x", headers={"x-large": "x" * 70_000})
    assert (answer.status_code, problem(answer)["code"]) == (431, "headers_too_large")


def test_an_upgrade_is_refused_with_what_is_not_carried(client: httpx.Client) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket"}
    answer = client.get("/digits/x", headers=upgrade)
    assert answer.status_code == 403
    assert problem(answer)["code"] == "upgrade_refused"
    assert problem(answer)["detail"] == (
        "upgrades of a connection, such as WebSocket, are not carried"
    )


def test_what_is_not_http_is_400(client: httpx.Client, listener: Listener) -> None:
    received = raw(listener, b"GET /digits/x HTTP/1.1\r\nno colon\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")


def test_http_1_0_is_told_what_is_needed(client: httpx.Client, listener: Listener) -> None:
    received = raw(listener, b"GET /digits/x HTTP/1.0\r\nHost: x\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 426 ")


def test_a_request_id_is_made_where_there_is_none_and_given_back(client: httpx.Client) -> None:
    answer = client.get("/digits/x")
    made = answer.headers["x-request-id"]
    assert len(made) == 36
    assert answer.json()["headers"]["x-request-id"] == made


def test_a_request_id_is_kept(client: httpx.Client) -> None:
    answer = client.get("/digits/x", headers={"x-request-id": "mine-1"})
    assert answer.json()["headers"]["x-request-id"] == "mine-1"
    assert answer.headers["x-request-id"] == "mine-1"
    assert client.get("/none", headers={"x-request-id": "a"}).headers["x-request-id"] == "a"


def test_what_envoy_and_the_replica_are_stays_inside(client: httpx.Client) -> None:
    answer = client.get("/digits/x")
    assert answer.headers["server"] == "lading"
    assert [name for name in answer.headers if name.startswith("x-envoy")] == []


def test_a_client_cannot_steer_envoy(client: httpx.Client) -> None:
    steer = {"x-envoy-retry-on": "5xx", "x-envoy-upstream-rq-timeout-ms": "1"}
    answer = client.get("/digits/x?ms=100", headers=steer)
    assert answer.status_code == 200
    seen = answer.json()["headers"]
    assert [name for name in seen if name.startswith("x-envoy")] == []


def test_a_refusal_that_never_turns_does_not_show_how_it_was_said(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    coming = replica("digits", unready_seconds=60)
    envoy.start(listener, [Route("digits", (), (coming.address,), timeout_seconds=1)])
    answer = httpx.post(f"{url}/digits/x", timeout=20)
    assert answer.status_code == 504
    assert "x-lading-not-started" not in answer.headers


def test_many_services_are_routed_each_to_its_own(
    envoy: Envoy, listener: Listener, replica: Make, url: str
) -> None:
    able = replica("s7")
    routes = [Route(f"s{n}", (able.address,) if n == 7 else ()) for n in range(60)]
    envoy.start(listener, routes)
    assert httpx.get(f"{url}/s7/x").status_code == 200
    assert httpx.get(f"{url}/s8/x").json()["code"] == "no_replica"
    assert httpx.get(f"{url}/none").json()["detail"].endswith(", s25, s26 and more")
