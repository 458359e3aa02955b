"""One repository of a registry: requests that prove who we are, and answers put into words.

Source of the protocol: OCI distribution specification 1.1,
https://github.com/opencontainers/distribution-spec.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from lading.errors import AccessDenied, NotInRegistry, RegistryError
from lading.stores.registry import redirects, tokens
from lading.stores.registry.credentials import Keyring
from lading.stores.registry.endpoint import Endpoint, body
from lading.stores.registry.patience import PassingError, Tries
from lading.stores.registry.tokens import Proof

_MESSAGE_BYTES = 64 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Ask:
    """A request. `path` is below the repository, or a whole URL that the registry gave."""

    method: str
    path: str | httpx.URL
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | Callable[[], Iterator[bytes]] = b""
    """Bytes, or a way to begin them anew: what is refused for want of a token is sent again."""
    size: int = 0
    """Bytes of a `content` that is no bytes."""


@dataclass(frozen=True)
class Answer:
    """What came. `content` is its whole body."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: httpx.URL


class Repository:
    """`name` at a registry. `actions` is "pull" or "pull,push". Used from several threads."""

    def __init__(self, endpoint: Endpoint, name: str, actions: str, keyring: Keyring) -> None:
        self.endpoint = endpoint
        self.name = name
        self.vain = threading.Event()
        """Set where what is under way is of no use any more: then it ends soon."""
        self.proof = Proof(
            endpoint.host,
            [f"repository:{name}:{actions}"],
            lambda: keyring.find(endpoint.host, name),
            lambda request: endpoint.fetch(request, tokens.ANSWER_BYTES, f"{endpoint.host}: token"),
            endpoint.insecure,
        )

    @property
    def where(self) -> str:
        """Its whole name, for messages."""
        return f"{self.endpoint.host}/{self.name}"

    def give_up(self) -> None:
        """Have all that is under way end: nobody waits for it any more."""
        self.vain.set()
        self.endpoint.wake()

    def tries(self, what: str) -> Tries:
        """For one piece of work with this repository."""
        return self.endpoint.tries(what, self.vain)

    def ask(self, ask: Ask, most_bytes: int = _MESSAGE_BYTES) -> Answer:
        """An answer of any status but those that pass, which are waited for. Raises RegistryError.

        For what may be asked twice.
        """
        tries = self.tries(self.where)
        while True:
            try:
                with self.open(ask) as response:
                    return self.answer(response, most_bytes)
            except PassingError as fault:
                tries.wait(fault)

    def answer(self, response: httpx.Response, most_bytes: int = _MESSAGE_BYTES) -> Answer:
        """An answer with its body. Raises RegistryError where that is larger, PassingError."""
        limit = most_bytes if response.is_success else _MESSAGE_BYTES
        what = f"{self.where}: {response.url.path}"
        content = body(response, limit, what, self.endpoint.patience)
        return Answer(response.status_code, response.headers, content, response.url)

    @contextmanager
    def open(self, ask: Ask) -> Iterator[httpx.Response]:
        """One answer, its body yet to be read. Raises PassingError, RegistryError."""
        url = self.url(ask.path)
        for _ in range(redirects.MOST):
            with self._proved(ask, url) as response:
                location = response.headers.get("Location", "")
                moved = response.status_code in _REDIRECTS and ask.method in ("GET", "HEAD")
                if not (moved and location):
                    yield response
                    return
                url = redirects.target(url, location, self.endpoint.insecure)
        raise RegistryError("redirects us in circles", self.where, came=f"{redirects.MOST} times")

    def url(self, path: str | httpx.URL) -> httpx.URL:
        """Of something in this repository."""
        if isinstance(path, httpx.URL):
            return path
        return self.endpoint.base.join(f"/v2/{self.name}/{path}")

    def refusal(self, answer: Answer, doing: str) -> RegistryError:
        """The error for an answer that is none of those which `doing` may get."""
        said = _said(answer.content)
        came = f"HTTP status {answer.status}{f', {said}' if said else ''}"
        if answer.status == 401:
            return self._unknown_to(doing, came)
        if answer.status == 403:
            held = self.proof.credentials
            todo = f"ask for the right to {doing}; credentials: {held.source if held else 'none'}"
            return AccessDenied(f"may not {doing}", self.where, came=came, todo=todo)
        if answer.status in (404, 410):
            return NotInRegistry(f"cannot {doing}: it is not there", self.where, came=came)
        return RegistryError(f"cannot {doing}", self.where, came=came)

    def _unknown_to(self, doing: str, came: str) -> AccessDenied:
        held, todo = self.proof.credentials, tokens.login(self.endpoint.host)
        if held is None:
            expected = "credentials, or a repository that is open to all"
            return AccessDenied(f"cannot {doing}", self.where, expected, came, todo)
        problem = f"cannot {doing}: the credentials of {held.source} are refused"
        return AccessDenied(problem, self.where, came=came, todo=todo)

    @contextmanager
    def _proved(self, ask: Ask, url: httpx.URL) -> Iterator[httpx.Response]:
        # To its own origin alone: elsewhere a header would give the credentials away.
        own = redirects.same_origin(url, self.endpoint.base)
        used = self.proof.header() if own else None
        with self.endpoint.send(_request(ask, url, used)) as response:
            if response.status_code != 401 or not own:
                yield response
                return
            headers = response.headers.get_list("WWW-Authenticate")
            if not self.proof.renew(headers, used):
                yield response
                return
        with self.endpoint.send(_request(ask, url, self.proof.header())) as response:
            yield response


def _request(ask: Ask, url: httpx.URL, proof: str | None) -> httpx.Request:
    headers = dict(ask.headers)
    if proof:
        headers["Authorization"] = proof
    if ask.params:
        url = url.copy_merge_params(dict(ask.params))
    if isinstance(ask.content, bytes):
        return httpx.Request(ask.method, url, headers=headers, content=ask.content)
    headers["Content-Length"] = str(ask.size)
    return httpx.Request(ask.method, url, headers=headers, content=ask.content())


def _said(content: bytes) -> str:
    """The registry's own words (distribution-spec 1.1, "Error Codes"), shortened."""
    try:
        errors = json.loads(content[:_MESSAGE_BYTES])["errors"]
        texts = [f"{one.get('code', '')}: {one.get('message', '')}".strip(": ") for one in errors]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return "".join(x if x.isprintable() else " " for x in "; ".join(texts))[:200]
