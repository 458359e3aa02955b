"""What the example's translator does when services it asks are missing, down, or slow."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lading_runtime.client import ServiceUnavailable

SERVICES = Path(__file__).resolve().parents[3] / "examples" / "translator" / "services"
BOX = {"x": 1, "y": 2, "width": 30, "height": 4}
PAGE = {
    "text": "hola",
    "confidence": 0.9,
    "width": 40,
    "height": 10,
    "angle": 1.5,
    "paragraphs": [
        {"text": "hola", "box": BOX, "lines": [{}], "paper": "#ffffff", "ink": "#000000"}
    ],
}
SPANISH = {"language": "es", "confidence": 0.8}
DOWN = "the service {} has no replica"


@dataclass
class Gateway:
    """Answers for services by what stands in `answers`: a result, a status, or nothing, a 404."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, Any]:
        name = path.strip("/").partition("/")[0]
        self.asked.append(name)
        found = self.answers.get(name, 404)
        if not isinstance(found, int):
            return 200, found
        return found, {"status": found, "code": "none", "detail": DOWN.format(name)}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    gateway = Gateway({"ocr": PAGE, "detect": SPANISH})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status, said = gateway.answer(self.path)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("LADING_GATEWAY", f"http://127.0.0.1:{server.server_port}")
    yield gateway
    server.shutdown()
    server.server_close()


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SERVICES / "translator"))
    import translator

    yield translator
    del sys.modules["translator"]


def predict(translator: ModuleType, **arguments: Any) -> Any:
    return asyncio.run(translator.Translator().predict(b"picture", **arguments))


def test_the_picture_is_read_again_in_its_own_language(
    gateway: Gateway, translator: ModuleType
) -> None:
    gateway.answers["translate-es-en"] = ["hello"]
    answer = predict(translator, to="en")
    assert gateway.asked == ["ocr", "detect", "ocr", "translate-es-en"]
    assert (answer.translation, answer.pairs) == ("hello", ["translate-es-en"])
    assert [stage.service for stage in answer.stages] == gateway.asked


def test_a_language_that_is_given_is_not_looked_for(
    gateway: Gateway, translator: ModuleType
) -> None:
    assert predict(translator, to="es", language="es").translation == "hola"
    assert gateway.asked == ["ocr"]


def test_a_pair_that_is_down_is_named_and_the_text_is_returned(
    gateway: Gateway, translator: ModuleType
) -> None:
    gateway.answers["translate-es-en"] = 503
    answer = predict(translator, to="en")
    assert (answer.text, answer.language, answer.translation) == ("hola", "es", None)
    (missing,) = answer.missing
    assert (missing.service, missing.reason) == ("translate-es-en", DOWN.format("translate-es-en"))


def test_a_pair_that_is_down_is_bridged_and_still_named(
    gateway: Gateway, translator: ModuleType
) -> None:
    gateway.answers |= {
        "detect": {"language": "fr", "confidence": 1.0},
        "translate-fr-en": 503,
        "translate-fr-es": ["hola"],
        "translate-es-en": ["hello"],
    }
    answer = predict(translator, to="en")
    assert answer.translation == "hello"
    assert answer.pairs == ["translate-fr-es", "translate-es-en"]
    assert [x.service for x in answer.missing] == ["translate-fr-en"]


def test_without_detection_the_text_is_returned_as_all_models_read_it(
    gateway: Gateway, translator: ModuleType
) -> None:
    gateway.answers["detect"] = 503
    answer = predict(translator, to="en")
    assert (answer.text, answer.language, answer.translation) == ("hola", None, None)
    assert [x.service for x in answer.missing] == ["detect"]


def test_without_reading_there_is_nothing_to_return(
    gateway: Gateway, translator: ModuleType
) -> None:
    gateway.answers["ocr"] = 503
    with pytest.raises(ServiceUnavailable, match="the service ocr has no replica"):
        predict(translator, to="en")


def test_a_picture_without_text_needs_nobody_else(gateway: Gateway, translator: ModuleType) -> None:
    gateway.answers["ocr"] = PAGE | {"text": "", "paragraphs": []}
    answer = predict(translator, to="en")
    assert (answer.text, answer.translation, answer.missing) == ("", None, [])
    assert gateway.asked == ["ocr"]
