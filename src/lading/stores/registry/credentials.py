"""Credentials for a registry, from where users keep them: variables, Docker's and Podman's files.

Sources of the formats: the man page containers-auth.json(5), and Docker's "docker login" page. A
file is asked in this order: its helper of that very registry, its helper for all, what it holds
itself. Nothing is read before a registry asks for credentials.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lading.errors import RegistryError
from lading.oci.location import DOCKER_HUB
from lading.stores.registry import naming, programs

HOST, USER, PASSWORD = (
    "LADING_REGISTRY_HOST",
    "LADING_REGISTRY_USER",
    "LADING_REGISTRY_PASSWORD",
)
_HUB_KEYS = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True)
class Credentials:
    """Who somebody is to a registry: a user and a password, or an identity token in their place."""

    user: str
    password: str = field(repr=False)
    source: str
    """Where they were found, for messages."""
    identity_token: str = field(default="", repr=False)
    """An OAuth 2.0 refresh token."""

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True)
class Keyring:
    """All places where credentials may be, in their order."""

    environ: Mapping[str, str]

    def find(self, host: str, repository: str) -> Credentials | None:
        """Those for a repository, or None. Raises RegistryError for what is there but unusable."""
        if found := self._of_variables(host):
            return found
        for source, document in self._documents():
            if found := _of_document(document, source, host, repository, self.environ):
                return found
        return None

    def _of_variables(self, host: str) -> Credentials | None:
        named, user = self.environ.get(HOST, ""), self.environ.get(USER, "")
        password = self.environ.get(PASSWORD, "")
        if not (named or user or password):
            return None
        if not (named and user and password):
            lacking = ", ".join(x for x in (HOST, USER, PASSWORD) if not self.environ.get(x))
            todo = "set all three of them or none"
            raise RegistryError(f"{lacking} is not set", "the environment", todo=todo)
        if not re.fullmatch(naming.HOST, named):
            expected = "a host and its port, such as ghcr.io or localhost:5000"
            raise RegistryError("names no registry", HOST, expected, named)
        return Credentials(user, password, f"{USER} and {PASSWORD}") if named == host else None

    def _documents(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if text := self.environ.get("DOCKER_AUTH_CONFIG"):
            yield "DOCKER_AUTH_CONFIG", _parsed(text, "DOCKER_AUTH_CONFIG")
        for path in self._files():
            try:
                text = path.read_text("utf-8")
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, UnicodeDecodeError) as error:
                came = getattr(error, "strerror", None) or "bytes that are no text"
                raise RegistryError("cannot be read", str(path), came=came.lower()) from error
            yield str(path), _parsed(text, str(path))

    def _files(self) -> Iterator[Path]:
        environ = self.environ
        if own := environ.get("REGISTRY_AUTH_FILE"):
            yield Path(own)
        home = Path(environ["HOME"]) if environ.get("HOME") else None
        if own := environ.get("DOCKER_CONFIG"):
            yield Path(own) / "config.json"
        elif home:
            yield home / ".docker" / "config.json"
        if run := environ.get("XDG_RUNTIME_DIR"):
            yield Path(run) / "containers" / "auth.json"
        if settings := environ.get("XDG_CONFIG_HOME"):
            yield Path(settings) / "containers" / "auth.json"
        elif home:
            yield home / ".config" / "containers" / "auth.json"


def _parsed(text: str, source: str) -> Mapping[str, Any]:
    # Nothing of the text is shown: it holds passwords.
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        expected = "JSON as `docker login` writes it"
        raise RegistryError("cannot be read", source, expected, "something else")
    return document


def _of_document(
    document: Mapping[str, Any],
    source: str,
    host: str,
    repository: str,
    environ: Mapping[str, str],
) -> Credentials | None:
    own, rest = _mapping(document, "credHelpers"), document.get("credsStore")
    for key in _keys(host, repository):
        if isinstance(name := own.get(key), str):
            return _helped(name, host, source, environ)
    if isinstance(rest, str) and rest and (found := _helped(rest, host, source, environ)):
        return found
    entries = {_normal(key): entry for key, entry in _mapping(document, "auths").items()}
    for key in _keys(host, repository):
        if isinstance(entry := entries.get(key), dict) and (found := _of_entry(entry, source)):
            return found
    return None


def _keys(host: str, repository: str) -> Iterator[str]:
    """What an entry for a repository may be called, the narrowest first, as Podman has it."""
    for one in _HUB_KEYS if host == DOCKER_HUB else (host,):
        parts = repository.split("/")
        yield from (f"{one}/{'/'.join(parts[:count])}" for count in range(len(parts), 0, -1))
        yield one


def _normal(key: str) -> str:
    """Docker writes URLs too: `https://index.docker.io/v1/`."""
    scheme, mark, rest = key.partition("://")
    return rest.partition("/")[0] if mark and scheme in ("http", "https") else key.rstrip("/")


def _of_entry(entry: Mapping[str, Any], source: str) -> Credentials | None:
    user, password = entry.get("username", ""), entry.get("password", "")
    if isinstance(text := entry.get("auth"), str) and text:
        try:
            decoded = base64.b64decode(text, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            expected = "auth: base64 of user:password"
            raise RegistryError("cannot be read", source, expected, "something else") from None
        user, _, password = decoded.rstrip("\0").partition(":")
    token = entry.get("identitytoken", "")
    if not all(isinstance(x, str) for x in (user, password, token)):
        return None
    return Credentials(user, password, source, token) if password or token else None


def _helped(name: str, host: str, source: str, environ: Mapping[str, str]) -> Credentials | None:
    # Docker Hub is known to helpers by the address that Docker once had it at.
    server = "https://index.docker.io/v1/" if host == DOCKER_HUB else host
    found = programs.get(name, server, source, environ)
    if found is None:
        return None
    user, secret = found
    origin = f"{programs.PREFIX}{name}"
    if user == "<token>":
        return Credentials("", "", origin, secret)
    return Credentials(user, secret, origin)


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
