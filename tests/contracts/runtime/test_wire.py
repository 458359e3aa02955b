"""What every caller may rely on, over a UNIX socket and over TCP."""

from __future__ import annotations

import base64
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving import Server, serve, wait_until_ready


@pytest.fixture(scope="module", params=["unix", "tcp", "plain"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("reader")
    with serve(folder, "Reader", kind=request.param, MAX_BODY="100000") as server:
        yield server


@pytest.fixture
def client(reader: Server) -> Iterator[httpx.Client]:
    with reader.client() as opened:
        yield opened


def test_json_arguments_are_converted_and_defaults_honoured(client: httpx.Client) -> None:
    image = base64.b64encode(b"\x00\x01\x02").decode()
    answer = client.post("/predict", json={"image": image, "box": {"width": 3}})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "bytes": 3,
        "box": {"width": 3, "label": ""},
        "language": "eng",
        "colour": "red",
        "when": None,
        "options": None,
        "tags": None,
    }


def test_multipart_takes_files_as_they_are_and_other_fields_as_json_or_text(
    client: httpx.Client,
) -> None:
    answer = client.post(
        "/predict",
        files={"image": ("a.png", bytes(range(256)))},
        data={
            "box": '{"width": 7}',
            "language": "deu",
            "colour": '"blue"',
            "when": "2026-01-02T03:04:05Z",
            "tags": '["a", "b"]',
        },
    )
    assert answer.status_code == 200
    assert answer.json()["bytes"] == 256
    assert answer.json()["box"] == {"width": 7, "label": ""}
    assert answer.json()["language"] == "deu"
    assert answer.json()["colour"] == "blue"
    assert answer.json()["when"] == "2026-01-02T03:04:05Z"
    assert answer.json()["tags"] == ["a", "b"]


def test_every_wrong_argument_is_named_with_what_was_expected_and_what_came(
    client: httpx.Client,
) -> None:
    answer = client.post(
        "/predict",
        json={"box": {"width": "wide"}, "languag": "eng", "colour": "green", "tags": [1]},
        headers={"x-request-id": "mine-1"},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:lading:problem:invalid_argument",
        "title": "Invalid argument",
        "status": 422,
        "code": "invalid_argument",
        "detail": "languag: expected 'language', came an unknown argument (and 4 more)",
        "request_id": "mine-1",
        "errors": [
            {"field": "languag", "expected": "'language'", "came": "an unknown argument"},
            {"field": "image", "expected": "bytes", "came": "nothing"},
            {"field": "box.width", "expected": "int", "came": "str"},
            {"field": "colour", "expected": "one of 'red', 'blue'", "came": '"green"'},
            {"field": "tags[0]", "expected": "str", "came": "int"},
        ],
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/readyz", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/../other/readyz", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"box":', 400, "malformed_json"),
        (b'{"image": NaN}', 400, "malformed_json"),
        (b'{"image": "\xff"}', 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", 400, "malformed_json"),
        (b'{"q":' + b"[" * 45000 + b"]" * 45000 + b"}", 400, "malformed_json"),
        (b'{"q": 1e999}', 400, "malformed_json"),
        (b"[1]", 422, "invalid_argument"),
        (b"", 422, "invalid_argument"),
        (b'{"box": {"width": ' + b"9" * 5000 + b"}}", 400, "malformed_json"),
        (b'{"box": {"width": 1e999}}', 400, "malformed_json"),
    ],
)
def test_json_at_its_edges_is_defined(
    client: httpx.Client, body: bytes, status: int, code: str
) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_last_of_two_equal_keys_counts(client: httpx.Client) -> None:
    body = b'{"image": "", "box": {"width": "wrong"}, "box": {"width": 1, "width": 2}}'
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422  # a value of the wrong type is refused wherever it stands
    body = b'{"image": "", "box": {"width": 1, "width": 2}}'
    answer = client.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.json()["box"]["width"] == 2


def test_a_media_type_that_is_not_read_is_refused_by_name(client: httpx.Client) -> None:
    answer = client.post("/predict", data={"a": "b"})
    assert answer.status_code == 415
    assert answer.json()["detail"] == (
        "expected application/json or multipart/form-data, came application/x-www-form-urlencoded"
    )


def test_a_request_id_is_kept_when_it_is_sane_and_made_when_it_is_not(
    client: httpx.Client,
) -> None:
    kept = client.get("/healthz", headers={"x-request-id": "abc-1"}).headers["x-request-id"]
    made = client.get("/healthz", headers={"x-request-id": "a b;<script>"}).headers["x-request-id"]
    assert kept == "abc-1"
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_health_answers_with_and_without_the_service_name(reader: Server) -> None:
    for path in ("/healthz", "/readyz", "/handlers/healthz", "/handlers/readyz"):
        raw = f"HEAD {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        assert reader.exchange(raw.encode()).startswith(b"HTTP/1.1 200 OK\r\n")
    for path in ("/predict", "/openapi.json", "/other/readyz"):
        raw = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        assert reader.exchange(raw.encode()).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_openapi_describes_both_ways_of_calling(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/handlers/predict"]["post"]["requestBody"]["content"]
    as_json = content["application/json"]["schema"]
    assert document["openapi"] == "3.1.0"
    assert as_json["required"] == ["image", "box"]
    assert as_json["properties"]["image"] == {"type": "string", "contentEncoding": "base64"}
    assert as_json["properties"]["box"] == {"$ref": "#/components/schemas/Box"}
    assert content["multipart/form-data"]["schema"]["properties"]["image"] == {
        "type": "string",
        "contentMediaType": "application/octet-stream",
    }
    assert document["components"]["schemas"]["Box"]["required"] == ["width"]


def test_a_body_past_the_limit_is_refused_before_it_is_read(reader: Server) -> None:
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n"
    assert reader.exchange(head).startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert reader.exchange(head + chunk * 4).startswith(b"HTTP/1.1 413 Content Too Large\r\n")


@pytest.mark.parametrize(
    ("raw", "first_line"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n", b"HTTP/1.1 414 URI Too Long"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 50000, b"HTTP/1.1 431 Request Header Fields Too Large"),
        (
            b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 102,
            b"HTTP/1.1 431 Request Header Fields Too Large",
        ),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\x02\x00", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", b"HTTP/1.1 505 HTTP Version Not Supported"),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            b"HTTP/1.1 501 Not Implemented",
        ),
        (b"GET / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\n\r\n", b"HTTP/1.1 417 Expectation Failed"),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            b"HTTP/1.1 400 Bad Request",
        ),
    ],
)
def test_what_is_not_proper_http_is_answered_and_closed(
    reader: Server, raw: bytes, first_line: bytes
) -> None:
    answer = reader.exchange(raw)
    assert answer.split(b"\r\n")[0] == first_line
    assert b"connection: close" in answer
    assert b"application/problem+json" in answer


def test_pipelined_requests_are_answered_in_order(reader: Server) -> None:
    one = b"GET /handlers/%s HTTP/1.1\r\nHost: h\r\nX-Request-Id: %d\r\n\r\n"
    raw = b"".join(one % (b"healthz" if n % 2 else b"predict", n) for n in range(500))
    answer = reader.exchange(raw + b"broken\r\n\r\n")
    assert re.findall(rb"x-request-id: (\d+)\r\n", answer) == [b"%d" % n for n in range(500)]
    assert answer.count(b"HTTP/1.1 400 Bad Request") == 1
    assert answer.rindex(b"HTTP/1.1 ") == answer.index(b"HTTP/1.1 400")


def test_a_client_that_waits_for_100_gets_it(reader: Server) -> None:
    with reader.connect() as connection:
        connection.sendall(
            b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")


def test_an_upgrade_is_ignored_and_the_body_read(reader: Server) -> None:
    answer = reader.exchange(
        b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 3\r\n\r\n[1]GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    assert b"expected an object of the arguments, came array" in answer
    assert answer.endswith(b'{"status":"alive"}')


def test_http_1_0_is_answered_and_closed(reader: Server) -> None:
    answer = reader.exchange(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close\r\n" in answer


def test_slow_senders_are_cut_off(tmp_path: Path) -> None:
    with serve(tmp_path, "square", HEADER_TIMEOUT="0.3", BODY_TIMEOUT="0.3") as server:
        for part, raw in (
            ("headers", b"GET / HT"),
            ("body", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1"),
        ):
            started = time.monotonic()
            answer = server.exchange(raw)
            assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert f"the request's {part} did not arrive in time".encode() in answer
            assert time.monotonic() - started < 5


def test_a_handler_that_raises_tells_the_client_nothing_and_the_log_everything(
    tmp_path: Path,
) -> None:
    with serve(tmp_path, "raises") as server, server.client() as client:
        for number in (0, 1):
            answer = client.post("/predict", json={"number": number})
            request_id = answer.headers["x-request-id"]
            assert answer.status_code == 500
            assert answer.json() == {
                "type": "urn:lading:problem:internal_error",
                "title": "Internal error",
                "status": 500,
                "code": "internal_error",
                "detail": f"the log says why, under request id {request_id}",
                "request_id": request_id,
            }
            assert request_id in server.log()
        assert "StopIteration: a secret of the handler" in server.log()
        assert client.post("/predict", json={"number": 5}).json() == 5


def test_a_result_that_json_cannot_hold_is_500_and_nan_is_null(tmp_path: Path) -> None:
    with serve(tmp_path, "returns_object") as server, server.client() as client:
        assert client.post("/predict", json={"number": 1}).status_code == 500
        assert "a object cannot be written as JSON" in server.log()
        assert client.post("/predict", json={"number": 0}).content == b"null"


@pytest.mark.parametrize("depth", [100, 300, 480, 700, 985, 30000])
def test_nesting_is_answered_or_refused_at_any_depth(tmp_path: Path, depth: int) -> None:
    with serve(tmp_path, "grows") as server, server.client() as client:
        body = b'{"tree": ' + b'{"child": ' * depth + b"null" + b"}" * (depth + 1)
        answer = client.post("/predict", content=body)
        if answer.status_code == 200:
            assert answer.content == body[len(b'{"tree": ') : -1].replace(b" ", b"")
        else:
            assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")
            assert depth > 100
    with serve(tmp_path, "echo") as server, server.client() as client:
        body = b'{"value": ' + b"[" * depth + b"]" * depth + b"}"
        assert client.post("/predict", content=body).status_code in {200, 400}


def test_a_list_of_files_takes_every_part_of_its_name(tmp_path: Path) -> None:
    with serve(tmp_path, "files") as server, server.client() as client:
        parts = [("images", ("a", b"1")), ("images", ("b", b"22"))]
        assert client.post("/predict", files=parts).json() == [1, 2]
        twice = [*parts, ("note", (None, "a")), ("note", (None, "b"))]
        assert client.post("/predict", files=twice).json()["errors"] == [
            {"field": "note", "expected": "one field", "came": "2 fields"}
        ]


def test_a_handler_without_arguments_needs_no_body(tmp_path: Path) -> None:
    with serve(tmp_path, "no_arguments") as server, server.client() as client:
        assert client.post("/predict").json() == "here"


def test_no_caller_ever_gets_the_answer_of_another(tmp_path: Path) -> None:
    with serve(tmp_path, "square", QUEUE="1000") as server:

        def ask(worker: int) -> list[tuple[int, int]]:
            with server.client() as client:
                numbers = range(worker * 20, worker * 20 + 20)
                return [(n, client.post("/predict", json={"number": n}).json()) for n in numbers]

        with ThreadPoolExecutor(50) as pool:
            answers = [pair for pairs in pool.map(ask, range(50)) for pair in pairs]
    assert sorted(answers) == [(n, n * n) for n in range(1000)]


@pytest.mark.parametrize("attribute", ["slow", "blocks"])
def test_health_answers_while_a_prediction_takes_its_time(tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute, REQUEST_TIMEOUT="0.5") as server, server.client() as client:
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(client.post, "/predict", json={"seconds": 2.0})
            time.sleep(0.2)
            started = time.monotonic()
            assert client.get("/healthz").status_code == 200
            assert time.monotonic() - started < 0.2
            assert client.get("/readyz").status_code == 200
            assert pending.result().status_code == 504
            assert pending.result().json()["code"] == "deadline_exceeded"
            assert pending.result().json()["detail"] == "no answer within 0.5 seconds"
            time.sleep(0.3)
            stuck = client.get("/readyz")
            assert (stuck.status_code, stuck.json()["code"]) == (503, "worker_stuck")
            refused = client.post("/predict", json={"seconds": 0})
            assert refused.headers["x-lading-not-started"] == "1"
            assert client.get("/healthz").status_code == 200
        time.sleep(1.5)
        wait_until_ready(server)


def test_past_the_queue_there_is_503_at_once(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", QUEUE="2") as server, ThreadPoolExecutor(10) as pool:

        def ask(tag: int) -> httpx.Response:
            with server.client() as client:
                return client.post("/predict", json={"seconds": 0.6, "tag": tag})

        answers = list(pool.map(ask, range(10)))
    good = [answer for answer in answers if answer.status_code == 200]
    full = [answer for answer in answers if answer.status_code == 503]
    assert (len(good), len(full)) == (3, 7)
    assert {answer.json()["code"] for answer in full} == {"queue_full"}
    assert {answer.headers["x-lading-not-started"] for answer in full} == {"1"}
    assert {answer.headers["retry-after"] for answer in full} == {"1"}


def test_a_client_that_goes_away_frees_its_place(tmp_path: Path) -> None:
    body = b'{"seconds": 0.5}'
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    raw = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with serve(tmp_path, "slow", QUEUE="1") as server, server.client() as client:
        with server.connect() as first, server.connect() as second:
            first.sendall(raw)
            time.sleep(0.1)
            second.sendall(raw)
            time.sleep(0.1)
            assert client.post("/predict", json={"seconds": 0}).status_code == 503
        time.sleep(0.1)
        assert client.post("/predict", json={"seconds": 0}).status_code == 200


@pytest.mark.parametrize("kind", ["unix", "tcp", "plain"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("attribute", ["slow", "awaits"])
def test_all_in_flight_are_answered_when_told_to_stop(
    tmp_path: Path, attribute: str, number: signal.Signals, kind: str
) -> None:
    body = b'{"seconds": 0.005, "tag": %d}'
    head = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    with serve(tmp_path, attribute, kind=kind, QUEUE="400") as server:
        connections = [server.connect() for _ in range(200)]
        for tag, connection in enumerate(connections[:150]):
            text = body % tag
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)
        server.process.send_signal(number)
        # Kept connections that were idle when the signal came.
        for tag, connection in enumerate(connections[150:], 150):
            text = body % tag
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)
        for tag, connection in enumerate(connections):
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            connection.close()
            assert received.startswith(b"HTTP/1.1 200 OK\r\n"), (tag, received)
            assert received.endswith(b"\r\n\r\n%d" % tag)
        assert server.process.wait(10) == 0
        assert '"unanswered":0' in server.log()
        assert not (tmp_path / "http.sock").exists()


def test_no_request_is_lost_by_a_stop_under_a_storm_of_new_connections(tmp_path: Path) -> None:
    lost: list[object] = []
    answered: list[int] = []
    stopping = threading.Event()
    raw = b"POST /handlers/predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    raw += b'Content-Length: 12\r\n\r\n{"number":3}'

    def storm(server: Server) -> None:
        while not stopping.is_set():
            try:
                connection = server.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                return  # never accepted: safe to try elsewhere
            with connection:
                try:
                    connection.sendall(raw)
                    received = connection.recv(65536)
                except OSError as error:
                    lost.append(error)
                    return
            if not received.startswith(b"HTTP/1.1 200 OK"):
                lost.append(received)
                return
            answered.append(1)

    with serve(tmp_path, "square", QUEUE="1000") as server:
        threads = [threading.Thread(target=storm, args=(server,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        code = server.stop()
        stopping.set()
        for thread in threads:
            thread.join()
    assert (code, lost) == (0, [])
    assert len(answered) > 100


def test_work_left_at_the_end_of_the_grace_is_told(tmp_path: Path) -> None:
    with serve(tmp_path, "slow", GRACE="0.3") as server, server.client() as client:
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(client.post, "/predict", json={"seconds": 10})
            time.sleep(0.2)
            started = time.monotonic()
            assert server.stop() == 1
            assert time.monotonic() - started < 3
            assert isinstance(pending.exception(), httpx.TransportError)
        assert '"unanswered":1' in server.log()


def test_alive_at_once_and_ready_when_loaded(tmp_path: Path) -> None:
    with serve(tmp_path, "LoadsSlowly", wait=False) as server, server.client() as client:
        wait_until_ready(server, "/healthz")
        loading = client.get("/readyz")
        assert (loading.status_code, loading.json()["code"]) == (503, "not_ready")
        assert loading.json()["detail"] == "the handler is still being loaded"
        refused = client.post("/predict", json={"number": 1})
        assert (refused.status_code, refused.headers["x-lading-not-started"]) == (503, "1")
        wait_until_ready(server)
        assert client.post("/predict", json={"number": 1}).json() == 1


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("CannotLoad", "RuntimeError: the weights are gone"),
        ("absent", "module 'handlers' has no attribute 'absent'"),
        ("untyped", "parameter 'number' of predict has no type; add one, such as 'number: str'"),
        ("stream", "predict yields; streamed answers are not yet supported"),
        ("Box", "TypeError: Box.__init__() missing 1 required positional argument: 'width'"),
    ],
)
def test_a_handler_that_cannot_load_ends_the_server_with_3(
    tmp_path: Path, attribute: str, reason: str
) -> None:
    with serve(tmp_path, attribute, wait=False) as server:
        assert server.process.wait(20) == 3
        assert server.log().splitlines()[-1] == (
            f"services.handlers.handler: handlers:{attribute} failed to load: {reason}"
        )


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(tmp_path: Path) -> None:
    with serve(tmp_path, "square") as killed:
        killed.process.kill()
        killed.process.wait()
        assert (tmp_path / "http.sock").exists()
        with serve(tmp_path, "square") as server:
            assert (tmp_path / "http.sock").stat().st_mode & 0o777 == 0o666
            with serve(tmp_path, "square", wait=False) as second:
                assert second.process.wait(20) == 1
                assert second.log() == (
                    f"cannot listen on unix:{tmp_path}/http.sock: another server listens there\n"
                )
            assert server.stop() == 0


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with serve(tmp_path, "square", wait=False, QUEUE="many") as server:
        assert server.process.wait(20) == 2
        assert server.log() == (
            "LADING_QUEUE: expected a whole number from 0 to 1048576, got 'many'\n"
        )


def test_a_stop_while_loading_does_not_wait_for_it(tmp_path: Path) -> None:
    with serve(tmp_path, "LoadsSlowly", wait=False) as server:
        wait_until_ready(server, "/healthz")
        assert server.stop() == 0
        assert "raceback" not in server.log()
