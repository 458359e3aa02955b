"""A signed Debian archive of a few packages, served by a real HTTP server in this process."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pysequoia import SignatureMode, Tsk, sign

from lading.building.lockfile import Deb

MULTIARCH = "usr/lib/x86_64-linux-gnu"


def tar(files: Mapping[str, bytes | str | None], hard: Mapping[str, str] | None = None) -> bytes:
    """A tar of files (bytes), links (text, the target) and folders (None)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as out:
        for path, content in files.items():
            info = tarfile.TarInfo(f"./{path}")
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                out.addfile(info)
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                out.addfile(info)
            else:
                info.size, info.mode = len(content), 0o4755
                out.addfile(info, io.BytesIO(content))
        for path, target in (hard or {}).items():
            info = tarfile.TarInfo(f"./{path}")
            info.type, info.linkname = tarfile.LNKTYPE, f"./{target}"
            out.addfile(info)
    return made.getvalue()


def packed(
    control: str, data: bytes, postinst: str = "", member: str = "data.tar.xz", md5sums: str = ""
) -> bytes:
    """A .deb; `data` is the member as it is to lie in it."""
    texts = {"control": control, "postinst": postinst, "md5sums": md5sums}
    scripts: dict[str, bytes | str | None] = {
        name: text.encode() for name, text in texts.items() if text
    }
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": lzma.compress(tar(scripts)),
        member: data,
    }
    out = bytearray(b"!<arch>\n")
    for name, content in members.items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return bytes(out)


@dataclass
class TinyArchive:
    """Lies in `root`, at `url` while it is served. `keyring` is what its signature is good for."""

    root: Path
    url: str = ""
    suite: str = "bookworm"
    valid_until: str = ""
    tsk: Tsk = field(default_factory=lambda: Tsk.generate(user_id="Archive <a@example.org>"))
    paragraphs: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for while it was served."""

    @property
    def keyring(self) -> bytes:
        return bytes(self.tsk.extract_certificate())

    def add(
        self,
        name: str,
        files: Mapping[str, bytes | str | None] | None = None,
        *,
        version: str = "1.0",
        postinst: str = "",
        **fields: str,
    ) -> Deb:
        """Put a package into the pool and into the index that `publish` writes."""
        head = {"Package": name, "Version": version, "Architecture": "amd64"}
        more = {key.replace("_", "-"): value for key, value in fields.items()}
        control = "".join(f"{key}: {value}\n" for key, value in {**head, **more}.items())
        md5sums = "".join(
            f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {path}\n"
            for path, content in (files or {}).items()
            if isinstance(content, bytes)
        )
        deb = packed(control, lzma.compress(tar(files or {})), postinst, md5sums=md5sums)
        path = f"pool/main/{name}_{version.replace(':', '%3a')}_amd64.deb"
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(deb)
        sha256 = hashlib.sha256(deb).hexdigest()
        place = f"Filename: {path}\nSize: {len(deb)}\nSHA256: {sha256}\n"
        self.paragraphs.append(control + place)
        return Deb(name, version, "amd64", self.url, path, sha256, len(deb))

    def publish(self) -> None:
        """Write Packages.xz, its by-hash twin, and InRelease, signed."""
        index = lzma.compress("\n".join(self.paragraphs).encode())
        sha256 = hashlib.sha256(index).hexdigest()
        folder = self.root / "dists" / self.suite / "main/binary-amd64"
        (folder / "by-hash/SHA256").mkdir(parents=True, exist_ok=True)
        (folder / "by-hash/SHA256" / sha256).write_bytes(index)
        until = f"Valid-Until: {self.valid_until}\n" if self.valid_until else ""
        text = (
            f"Suite: {self.suite}\nAcquire-By-Hash: yes\n{until}SHA256:\n"
            f" {sha256} {len(index)} main/binary-amd64/Packages.xz\n"
        )
        signed = sign(self.tsk.signer(), text.encode(), mode=SignatureMode.CLEAR)
        self.in_release.write_bytes(signed)

    @property
    def in_release(self) -> Path:
        return self.root / "dists" / self.suite / "InRelease"

    def index_files(self) -> list[Path]:
        return list(self.root.glob("dists/*/main/*/by-hash/SHA256/*"))


@contextmanager
def served(root: Path) -> Iterator[tuple[str, list[str]]]:
    """The URL of `root`, and the paths asked for so far."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def log_request(self, *_: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
