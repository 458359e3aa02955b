"""One registry over HTTP: requests and answers, and what may go wrong below them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

import httpx

from lading import __version__
from lading.errors import RegistryError
from lading.stores.registry import hosts
from lading.stores.registry.patience import Pace, PassingError, Patience, Tries, retry_after

PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Statuses after which the same request may well succeed."""
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_HEADERS = {"User-Agent": f"lading/{__version__}", "Accept-Encoding": "identity"}


class Endpoint:
    """Where a registry answers. Used from several threads.

    Proxies (http_proxy, https_proxy, no_proxy) and SSL_CERT_FILE are httpx's to heed.
    """

    def __init__(self, host: str, insecure: bool, patience: Patience) -> None:
        self.host = host
        self.insecure = insecure
        self.patience = patience
        self.known = False
        """Whether it has answered anything."""
        self._client = httpx.Client(
            timeout=_TIMEOUT, verify=not insecure, headers=_HEADERS, follow_redirects=False
        )
        self._streams: WeakSet[Any] = WeakSet()
        """Of httpcore, which is httpx's own affair: what it holds a connection by."""
        self._opening = threading.Lock()
        self._base: httpx.URL | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def wake(self) -> None:
        """Have threads that wait for it hear that their connection has ended."""
        with self._opening:
            streams = list(self._streams)
        for stream in streams:
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def _traced(self, event: str, told: Mapping[str, Any]) -> None:
        # httpcore's "trace" extension: the only way to a connection that has not answered yet.
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            with self._opening:
                self._streams.add(told["return_value"])

    @property
    def base(self) -> httpx.URL:
        """Its origin. An insecure one is asked for TLS first, which costs a request once."""
        with self._lock:
            if self._base is None:
                secure = httpx.URL(f"https://{hosts.address(self.host)}")
                plain = self.insecure and not self._speaks_tls(secure)
                self._base = secure.copy_with(scheme="http") if plain else secure
            return self._base

    @contextmanager
    def send(self, request: httpx.Request) -> Iterator[httpx.Response]:
        """An answer whose body is yet to be read; its reading raises PassingError too.

        Raises PassingError, RegistryError.
        """
        request.headers.update({**_HEADERS, **request.headers})
        request.extensions["trace"] = self._traced
        try:
            response = self._client.send(request, stream=True)
            self.known = True
            try:
                if response.status_code in PASSING:
                    wait = retry_after(response.headers.get("Retry-After"))
                    raise PassingError(f"HTTP status {response.status_code}", wait)
                yield response
            finally:
                response.close()
        except httpx.TransportError as error:
            raise self._explained(error) from error
        except UnicodeError as error:
            # Python's resolver, of a name whose parts are too long or empty.
            host = request.url.host[:80]
            raise RegistryError("cannot be asked", self.host, "the name of a host", host) from error

    def fetch(self, request: httpx.Request, most_bytes: int, what: str) -> httpx.Response:
        """An answer with its body, asked for until it comes. Raises RegistryError."""
        tries = self.tries(what)
        while True:
            try:
                with self.send(request) as response:
                    content = body(response, most_bytes, what, self.patience)
                    return httpx.Response(response.status_code, content=content, request=request)
            except PassingError as fault:
                tries.wait(fault)

    def tries(self, what: str, vain: threading.Event | None = None) -> Tries:
        """For one piece of work with this registry, which is in vain once that event is set."""
        return Tries(self.patience, what, lambda: self.known, vain or threading.Event())

    def _speaks_tls(self, base: httpx.URL) -> bool:
        for _ in range(self.patience.unknown_attempts):
            try:
                with self._client.stream("GET", base.join("/v2/")):
                    return True
            except httpx.TransportError as error:
                if isinstance(_cause(error), ssl.SSLError) and not _cut(error):
                    return False
        return False

    def _explained(self, error: httpx.TransportError) -> Exception:
        cause = _cause(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            todo = f"name the authority's certificate in SSL_CERT_FILE, or {self._named()}"
            came = cause.verify_message
            return RegistryError("its certificate cannot be trusted", self.host, "", came, todo)
        if isinstance(cause, ssl.SSLError) and not _cut(error):
            todo = f"where it is asked by plain HTTP, {self._named()}"
            return RegistryError("does not speak TLS", self.host, came=_words(cause), todo=todo)
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return RegistryError("cannot be asked", self.host, came=str(error))
        return PassingError(_words(error))

    def _named(self) -> str:
        return (
            f"write `registries: {{{self.host}: {{insecure: true}}}}` into lading.yaml, or for "
            "one push or pull give --insecure"
        )


def body(response: httpx.Response, most_bytes: int, what: str, patience: Patience) -> bytes:
    """All of an answer's body. Raises RegistryError where it is larger, PassingError.

    Of one that is no success, which is only explained, the beginning; nothing where it is encoded.
    """
    content, pace = bytearray(), Pace(patience)
    for chunk in response.iter_raw():
        content += chunk
        if len(content) > most_bytes and not response.is_success:
            break
        if len(content) > most_bytes:
            expected = f"at most {most_bytes} bytes"
            raise RegistryError("the answer is too large", what, expected, "more")
        pace.passed(len(chunk))
    encoding = response.headers.get("Content-Encoding", "").replace("identity", "")
    if encoding and response.is_success:
        raise RegistryError("the answer is encoded", what, "it as it is", encoding[:40])
    return b"" if encoding else bytes(content[:most_bytes])


def _cause(error: BaseException) -> BaseException:
    """The innermost of what led to an error."""
    seen = error
    while (inner := seen.__cause__ or seen.__context__) is not None:
        seen = inner
    return seen


def _cut(error: BaseException) -> bool:
    """Whether the connection ended in the middle of a handshake, which proves nothing."""
    return isinstance(_cause(error), ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _words(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__
