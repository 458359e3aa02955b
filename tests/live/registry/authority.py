"""Certificates of an authority of one's own, and a server that gives out tokens signed by one."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.registries import PASSWORD, USER

_BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files in PEM."""

    certificate: Path
    key: Path
    private: rsa.RSAPrivateKey

    @property
    def chain(self) -> list[str]:
        """As a token names it (RFC 7515, "x5c")."""
        loaded = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        return [base64.b64encode(loaded.public_bytes(serialization.Encoding.DER)).decode()]


def pair(folder: Path) -> Pair:
    """Signed by itself, for 127.0.0.1: the authority that clients are to trust."""
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(private, hashes.SHA256())
    )
    made = Pair(folder / "authority.pem", folder / "authority.key", private)
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return made


@dataclass
class Tokens:
    """Gives tokens to who knows the password; to all others such as may only pull."""

    signer: Pair
    seconds: float = 60
    """How long they hold."""
    given: list[str] = field(default_factory=list)
    """Scopes, in the order of the tokens."""
    address: str = ""

    def token(self, service: str, scopes: list[str], known: bool) -> str:
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            granted = [x for x in actions.split(",") if known or x == "pull"]
            access.append({"type": kind, "name": name, "actions": granted})
        now = time.time()
        claims = {
            "iss": "tests",
            "aud": service,
            "exp": int(now + self.seconds),
            "nbf": int(now) - 60,
            "iat": int(now),
            "jti": uuid.uuid4().hex,
            "access": access,
        }
        header = {"typ": "JWT", "alg": "RS256", "x5c": self.signer.chain}
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        signature = self.signer.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_text(signature)}"


@contextmanager
def giving(tokens: Tokens) -> Iterator[Tokens]:
    """A server at `address` that gives them out while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            scopes = query.get("scope", [])
            known = self.headers.get("Authorization") == _BASIC
            if not known and self.headers.get("Authorization"):
                self.send_error(401)
                return
            tokens.given.append(" ".join(scopes))
            content = json.dumps(
                {"token": tokens.token(query["service"][0], scopes, known), "expires_in": 60}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tokens.address = f"http://127.0.0.1:{server.server_port}/token"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield tokens
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _encoded(document: object) -> str:
    return _text(json.dumps(document).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
