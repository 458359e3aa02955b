"""A registry in this process, for what a real one does not do when it is told to.

It keeps to the OCI distribution specification 1.1: uploads that resume, ranges, mounts, referrers.
Tests bend it by `Registry.before`, which may answer in its place.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Registry:
    """What is kept, and what was asked."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """By repository and digest, as `manifests` are by repository and tag or digest."""
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Methods and paths, in order."""
    sent: list[dict[str, str]] = field(default_factory=list)
    """Headers of all requests, their names in lower case."""
    referrers: bool = True
    before: Callable[[Handler], bool] | None = None
    """Whether it has answered."""
    host: str = ""

    def count(self, method: str, part: str) -> int:
        return sum(one == method and part in path for one, path in self.asked)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    registry: Registry
    content: bytes

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None: ...

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        for name, text in {"Content-Length": str(len(content)), **named}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def fail(self, status: int, code: str, **headers: str) -> None:
        document = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
        self.answer(status, json.dumps(document).encode(), **headers)

    def drop(self) -> None:
        """End the connection without another word."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(2)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    @property
    def query(self) -> dict[str, str]:
        return {name: x[0] for name, x in parse_qs(urlsplit(self.path).query).items()}

    def _handle(self) -> None:
        registry, path = self.registry, urlsplit(self.path).path
        registry.asked.append((self.command, self.path))
        registry.sent.append({name.lower(): text for name, text in self.headers.items()})
        if registry.before and registry.before(self):
            return None
        if path == "/v2/":
            return self.answer(200, b"{}")
        if match := re.fullmatch(r"/v2/(.+)/(manifests|blobs|referrers)/([^/]+)", path):
            return getattr(self, f"_{match[2]}")(match[1], match[3])
        if match := re.fullmatch(r"/v2/(.+)/blobs/uploads/([^/]*)", path):
            return self._uploads(match[1], match[2])
        return self.fail(404, "NAME_UNKNOWN")

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = _handle  # noqa: N815

    def _manifests(self, name: str, wanted: str) -> None:
        if self.command == "PUT":
            content, kind = self.body(), self.headers["Content-Type"]
            for key in (wanted, digest_of(content)):
                self.registry.manifests[name, key] = (kind, content)
            subject = json.loads(content).get("subject")
            told = {"OCI_Subject": subject["digest"]} if subject and self.registry.referrers else {}
            return self.answer(201, Docker_Content_Digest=digest_of(content), **told)
        kind, content = self.registry.manifests.get((name, wanted), ("", b""))
        if not content:
            return self.fail(404, "MANIFEST_UNKNOWN")
        told = {"Docker_Content_Digest": digest_of(content), "Content_Type": kind}
        return self.answer(200, content, **told)

    def _blobs(self, name: str, digest: str) -> None:
        content = self.registry.blobs.get((name, digest))
        if content is None:
            return self.fail(404, "BLOB_UNKNOWN")
        if match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            begin = int(match[1])
            told = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            return self.answer(206, content[begin:], Content_Range=told)
        return self.answer(200, content)

    def _referrers(self, name: str, digest: str) -> None:
        if not self.registry.referrers:
            return self.fail(404, "NOT_FOUND")
        found = [
            _entry(kind, content)
            for (repository, key), (kind, content) in self.registry.manifests.items()
            if repository == name
            and key == digest_of(content)
            and json.loads(content).get("subject", {}).get("digest") == digest
        ]
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": found}
        return self.answer(200, json.dumps(document).encode(), Content_Type=INDEX)

    def _uploads(self, name: str, session: str) -> None:
        if self.command == "POST":
            self._begin(name)
        elif session not in self.registry.uploads:
            self.body()
            self.fail(404, "BLOB_UPLOAD_UNKNOWN")
        elif self.command == "GET":
            self.accepted(name, session, 204)
        elif not self._take(session):
            self.fail(416, "RANGE_INVALID")
        elif self.command == "PATCH":
            self.accepted(name, session, 202)
        else:
            self._end(name, session)

    def _begin(self, name: str) -> None:
        query = self.query
        self.body()
        if content := self.registry.blobs.get((query.get("from", ""), query.get("mount", ""))):
            self.registry.blobs[name, query["mount"]] = content
            self.answer(201)
            return
        session = uuid.uuid4().hex
        self.registry.uploads[session] = bytearray()
        self.accepted(name, session, 202)

    def _end(self, name: str, session: str) -> None:
        content = bytes(self.registry.uploads[session])
        if digest_of(content) != self.query["digest"]:
            # As docker-registry does it, what has arrived stays.
            self.fail(400, "DIGEST_INVALID")
            return
        del self.registry.uploads[session]
        self.registry.blobs[name, self.query["digest"]] = content
        self.answer(201, Docker_Content_Digest=self.query["digest"])

    def _take(self, session: str) -> bool:
        """Keep what comes as it comes, as a registry does whose peer may vanish."""
        kept = self.registry.uploads[session]
        told = self.headers.get("Content-Range")
        if told and int(told.partition("-")[0]) != len(kept):
            self.body()
            return False
        left = int(self.headers.get("Content-Length", 0))
        while left and (chunk := self.rfile.read1(min(left, 65536))):
            kept += chunk
            left -= len(chunk)
        return not left

    def accepted(self, name: str, session: str, status: int) -> None:
        last = max(0, len(self.registry.uploads[session]) - 1)
        place = f"/v2/{name}/blobs/uploads/{session}"
        self.answer(status, Location=place, Range=f"0-{last}")


def _entry(kind: str, content: bytes) -> dict[str, Any]:
    document = json.loads(content)
    entry = {"mediaType": kind, "digest": digest_of(content), "size": len(content)}
    told = document.get("artifactType") or document["config"]["mediaType"]
    return {**entry, "artifactType": told, "annotations": document.get("annotations", {})}


@contextmanager
def serving(registry: Registry | None = None) -> Iterator[Registry]:
    """A registry that answers at `host` by plain HTTP while the block runs."""
    registry = registry or Registry()
    handler = type("OneHandler", (Handler,), {"registry": registry})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    registry.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
