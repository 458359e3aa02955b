"""Proof of who we are, for one repository: a token that is asked for when the registry wants one.

Sources: "Docker Registry v2 authentication" and its OAuth 2.0 page, in distribution/distribution,
docs/spec/auth.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from lading.errors import AccessDenied, RegistryError
from lading.stores.registry import challenges, redirects
from lading.stores.registry.challenges import Challenge
from lading.stores.registry.credentials import Credentials

ANSWER_BYTES = 1024**2
_USUAL_SECONDS = 60.0
"""How long a token holds that does not say so (OAuth page, "expires_in")."""
_SPARE_SECONDS = 5.0

Fetch = Callable[[httpx.Request], httpx.Response]
"""Sends a request for a token, with retries; the answer's body is read."""


@dataclass
class Proof:
    """What is sent as Authorization to one registry. Used from several threads."""

    host: str
    """For messages."""
    scopes: list[str]
    """What is to be done: "repository:team/app:pull,push"."""
    find: Callable[[], Credentials | None]
    fetch: Fetch
    insecure: bool = False
    """Whether the registry itself is asked without TLS."""
    credentials: Credentials | None = None
    """Those in use, once a registry asked for some."""
    _header: str | None = None
    _until: float = float("inf")
    _challenge: Challenge | None = None
    _looked: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def header(self) -> str | None:
        """The value to send; None as long as nobody asked for any."""
        with self._lock:
            if self._challenge and time.monotonic() > self._until:
                self._take(self._challenge)
            return self._header

    def renew(self, headers: Iterable[str], used: str | None) -> bool:
        """Whether there is another value to try than `used`, which was answered with 401."""
        with self._lock:
            if self._header != used:
                return True  # Another thread was first.
            offered = {one.scheme: one for one in challenges.parse(headers)}
            challenge = offered.get("bearer") or offered.get("basic")
            if challenge is None:
                return False
            self._take(challenge)
            return self._header is not None and self._header != used

    def also(self, scope: str) -> None:
        """From now on something more is to be done."""
        with self._lock:
            if scope not in self.scopes:
                self.scopes.append(scope)
                self._until = 0.0

    def _take(self, challenge: Challenge) -> None:
        if not self._looked:
            self.credentials, self._looked = self.find(), True
        self._challenge = challenge
        if challenge.scheme == "basic":
            self._header = self.credentials.basic if self.credentials else None
            self._until = float("inf")
            return
        token, seconds = self._token(challenge)
        self._header, self._until = f"Bearer {token}", time.monotonic() + seconds - _SPARE_SECONDS

    def _token(self, challenge: Challenge) -> tuple[str, float]:
        request = self._request(challenge)
        answer = self.fetch(request)
        if answer.status_code in (400, 401, 403, 404, 405):
            raise self._denied(answer.status_code)
        try:
            document: Any = json.loads(answer.content)
            token = document.get("token") or document["access_token"]
            seconds = float(document.get("expires_in") or _USUAL_SECONDS)
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            token, seconds = "", 0.0
        if answer.status_code != 200 or not isinstance(token, str) or not _sendable(token):
            came = f"HTTP status {answer.status_code}" if answer.status_code != 200 else "none"
            raise RegistryError("gives no token", _shown(request.url), "a token", came)
        return token, max(seconds, _SPARE_SECONDS)

    def _request(self, challenge: Challenge) -> httpx.Request:
        realm = self._realm(challenge)
        service = challenge.parameters.get("service", "")
        scopes = _joined([*self.scopes, *challenge.parameters.get("scope", "").split()])
        credentials = self.credentials
        if credentials and credentials.identity_token:
            form = {
                "grant_type": "refresh_token",
                "service": service,
                "client_id": "lading",
                "scope": " ".join(scopes),
                "refresh_token": credentials.identity_token,
            }
            return httpx.Request("POST", realm, data=form)
        query = [*realm.params.multi_items(), *(("scope", one) for one in scopes)]
        if service:
            query.append(("service", service))
        headers = {"Authorization": credentials.basic} if credentials else {}
        return httpx.Request("GET", realm.copy_with(params=query), headers=headers)

    def _realm(self, challenge: Challenge) -> httpx.URL:
        """Where a token is to be had. Credentials go there: never without TLS, unless named so."""
        try:
            realm = httpx.URL(challenge.parameters.get("realm", ""))
        except httpx.InvalidURL:
            realm = httpx.URL("")
        schemes = ("https", "http") if self.insecure else ("https",)
        if realm.scheme not in schemes or not realm.host or realm.userinfo:
            expected = f"the URL of a token server, by {' or '.join(schemes)}"
            raise RegistryError("names no place for tokens", self.host, expected, _shown(realm))
        own = httpx.URL(f"https://{self.host}").host
        if redirects.is_near(realm.host) and not redirects.is_near(own):
            expected = "a place of its own or a public one"
            raise RegistryError("names no place for tokens", self.host, expected, _shown(realm))
        return realm

    def _denied(self, status: int) -> AccessDenied:
        if self.credentials is None:
            came = f"HTTP status {status} without credentials"
            return AccessDenied("gives no token", self.host, came=came, todo=login(self.host))
        came = f"HTTP status {status} with those of {self.credentials.source}"
        return AccessDenied("credentials are refused", self.host, came=came, todo=login(self.host))


def login(host: str) -> str:
    """What to do where a registry wants credentials."""
    variables = f"LADING_REGISTRY_HOST={host}, LADING_REGISTRY_USER and LADING_REGISTRY_PASSWORD"
    return f"run `docker login {host}`, or set {variables}"


def _joined(scopes: Iterable[str]) -> list[str]:
    """Each resource once, with all that is to be done to it."""
    actions: dict[str, dict[str, None]] = {}
    for scope in scopes:
        resource, _, wanted = scope.rpartition(":")
        actions.setdefault(resource, {}).update(dict.fromkeys(wanted.split(",")))
    return [f"{resource}:{','.join(wanted)}" for resource, wanted in actions.items()]


def _sendable(token: str) -> bool:
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _shown(url: httpx.URL) -> str:
    """A URL without what may be secret in it."""
    return f"{url.scheme}://{url.host}{url.path}" if url.host else str(url.path or "nothing")
