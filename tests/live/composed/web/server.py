"""A server that is not the runtime's: calls a service by HTTP, and ends when it is told to."""

import json
import os
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GATEWAY = os.environ["LADING_GATEWAY"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        what, _, text = self.path.lstrip("/").partition("/")
        self.answer(200 if what in ("count", "healthy?is=$it") else 404, text)

    def do_POST(self) -> None:
        os._exit(3)

    def answer(self, status: int, text: str) -> None:
        body = json.dumps({"words": len(words(text)), "path": self.path}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def words(text: str) -> list[str]:
    if not text:
        return []
    body = json.dumps({"text": text.replace("-", " ")}).encode()
    asked = urllib.request.Request(
        f"{GATEWAY}/words/predict", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        return list(json.load(answer))


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
