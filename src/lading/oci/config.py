"""The config: the platform an image is for, how it runs, what its layers unpack to.

Source: OCI image specification 1.1, config.md and schema/config-schema.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lading.errors import StoreError
from lading.oci.digest import Digest
from lading.oci.document import Document, shown
from lading.oci.manifest import digest

# RFC 3339, section 5.6.
_TIME = re.compile(
    r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)\Z",
    re.A,
)
_PORT = re.compile(r"\d{1,5}(/(tcp|udp))?\Z", re.A)


@dataclass(frozen=True)
class Config:
    """What of a config its layers must agree with; the rest is `Image.settings`."""

    operating_system: str
    architecture: str
    diff_ids: tuple[Digest, ...]
    filled_history: int | None
    """Entries of the history that stand for a layer; None when there is no history."""

    @classmethod
    def parse(cls, raw: bytes) -> Config:
        """Raises StoreError that names the field where `raw` is not an image's config."""
        document = Document.parse(raw, "config")
        for key in ("os", "architecture"):
            if not document.text(key):
                raise StoreError(where=document.at(key), expected="a name", came='""')
        _check_time(document)
        if document.has("config"):
            _check_execution(document.child("config"))
        return cls(
            document.text("os"),
            document.text("architecture"),
            tuple(_diff_ids(document.child("rootfs"))),
            _filled(document.children("history")) if document.has("history") else None,
        )


def _diff_ids(rootfs: Document) -> Iterator[Digest]:
    if rootfs.text("type") != "layers":
        came = shown(rootfs.text("type"))
        raise StoreError(where=rootfs.at("type"), expected='"layers"', came=came)
    for number, text in enumerate(rootfs.texts("diff_ids")):
        yield digest(text, rootfs.at(f"diff_ids[{number}]"))


def _filled(history: list[Document]) -> int:
    filled = 0
    for entry in history:
        _check_time(entry)
        for key in ("author", "created_by", "comment"):
            if entry.has(key):
                entry.text(key)
        filled += not (entry.has("empty_layer") and entry.truth("empty_layer"))
    return filled


def _check_time(document: Document) -> None:
    if document.has("created") and not _TIME.match(document.text("created")):
        raise StoreError(
            where=document.at("created"),
            expected="a time as in RFC 3339, 1970-01-01T00:00:00Z",
            came=shown(document.text("created")),
        )


def _check_execution(execution: Document) -> None:
    """`config.config`: the defaults a container of the image starts with."""
    for key in ("User", "WorkingDir", "StopSignal"):
        if execution.has(key):
            execution.text(key)
    for key in ("Entrypoint", "Cmd"):
        if execution.has(key):
            execution.texts(key)
    if execution.has("Labels"):
        execution.mapping("Labels", str)
    if execution.has("Volumes"):
        execution.mapping("Volumes", dict)
    if execution.has("Env"):
        _check_env(execution)
    if execution.has("ExposedPorts"):
        for port in execution.mapping("ExposedPorts", dict):
            if not _PORT.match(port):
                path = execution.at("ExposedPorts")
                raise StoreError(where=path, expected="port[/tcp|udp]", came=shown(port))


def _check_env(execution: Document) -> None:
    for number, text in enumerate(execution.texts("Env")):
        if not text.partition("=")[0] or "=" not in text:
            path = execution.at(f"Env[{number}]")
            raise StoreError(where=path, expected="NAME=value", came=shown(text))
