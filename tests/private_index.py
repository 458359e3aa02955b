"""A package index that lets in who has the password, and packages to put on it.

Source of what it serves: the simple repository API, PEP 503.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BACKEND = """\
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "{name}-{version}-py3-none-any.whl"
    about = "{name}-{version}.dist-info"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("{name}.py", "HERE = True\\n")
        wheel.writestr(about + "/METADATA", {metadata!r})
        wheel.writestr(about + "/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(about + "/RECORD", "")
    return name
"""
"""Brings all that it needs: a build of it asks no index for a backend."""


@dataclass
class PrivateIndex:
    """Serves the files of `folder`, by package, to `user` with `password`."""

    folder: Path
    user: str
    password: str
    host: str = ""
    refused: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    processes: set[bytes] = field(default_factory=set)
    """The command of every process of this machine, as they were while anything was asked for."""
    elsewhere: str = ""
    """Where files are, if not here: their addresses lead there then."""
    headers: list[str] = field(default_factory=list)
    """What was said to be let in by."""

    @property
    def url(self) -> str:
        return f"http://{self.host}/simple"

    def url_of(self, user: str, password: str) -> str:
        return f"http://{user}:{password}@{self.host}/simple"

    def lets_in(self, header: str) -> bool:
        known = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return header == f"Basic {known}"

    def page(self, name: str) -> str:
        links = []
        for path in sorted(self.folder.iterdir()):
            if path.name.partition("-")[0].replace("_", "-") == name:
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
                links.append(f'<a href="/files/{path.name}#sha256={sha256}">{path.name}</a>')
        return f"<!doctype html><body>{''.join(links)}</body>" if links else ""


@contextmanager
def serving(folder: Path, user: str, password: str) -> Iterator[PrivateIndex]:
    """An index of what is in `folder`, until the end."""
    index = PrivateIndex(folder, user, password)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.processes.update(commands())
            index.headers.append(self.headers.get("Authorization", ""))
            if not index.lets_in(self.headers.get("Authorization", "")):
                index.refused.append(f"{self.command} {self.path}")
                self.answer(401, b"")
                return
            parts = self.path.partition("?")[0].strip("/").split("/")
            content = b""
            if parts[0] == "simple" and len(parts) == 2:
                content = index.page(parts[1]).encode()
            elif parts[0] == "files" and index.elsewhere:
                self.answer(302, b"", f"{index.elsewhere}{self.path}")
                return
            elif parts[0] == "files" and (index.folder / parts[-1]).is_file():
                content = (index.folder / parts[-1]).read_bytes()
            index.served.append(f"{self.command} {self.path}")
            self.answer(200 if content else 404, content)

        def answer(self, status: int, content: bytes, location: str = "") -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="private"')
            kind = "text/html" if self.path.startswith("/simple") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.host = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()


def commands() -> Iterator[bytes]:
    """What each process of this machine was started with."""
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            yield one.read_bytes()


def put_wheel(folder: Path, name: str, version: str = "1.0", tag: str = "py3-none-any") -> Path:
    """A wheel with one module, and nothing that it needs."""
    path = folder / f"{name}-{version}-{tag}.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "HERE = True\n")
        wheel.writestr(f"{about}/METADATA", metadata(name, version))
        wheel.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{about}/RECORD", "")
    return path


def put_source(folder: Path, name: str, version: str = "1.0", *requires: str) -> Path:
    """A source distribution that is its own backend."""
    return put_tar(folder, name, version, project(name, version, *requires))


def put_tar(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A source distribution of some files."""
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for inside, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{inside}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def project(name: str, version: str = "1.0", *requires: str) -> dict[str, str]:
    """The files of a project that is its own backend."""
    backend = BACKEND.format(
        name=name, version=version, metadata=metadata(name, version, *requires)
    )
    system = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    return {"pyproject.toml": system, "own.py": backend}


def metadata(name: str, version: str, *requires: str) -> str:
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
