"""A vulnerability as OSV writes it, and whether a version is affected.

Source: OSV schema 1.6, https://ossf.github.io/osv-schema/, "Evaluation".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from debian.debian_support import NativeVersion
from packaging.version import InvalidVersion, Version

from lading.bills.audit.components import PYPI

Order = Callable[[str], Any]
"""What versions of an ecosystem are compared by; None where a text is no version."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of a range: exactly one of these is given."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class Range(msgspec.Struct, frozen=True, omit_defaults=True):
    """Versions, by events; those of GIT are commits and say nothing of a package."""

    type: str = ""
    events: tuple[Event, ...] = ()


class Package(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose name it is: "PyPI", "Debian:12"."""

    ecosystem: str = ""
    name: str = ""


class Severity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A score, and by which system."""

    type: str = ""
    score: str = ""
    """A CVSS vector."""


class Specific(msgspec.Struct, frozen=True, omit_defaults=True):
    """What databases say in words of their own: GitHub's `severity`, Debian's `urgency`."""

    severity: Any = None
    urgency: Any = None


class Affected(msgspec.Struct, frozen=True, omit_defaults=True):
    """A package and which versions of it."""

    package: Package = Package()
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    ecosystem_specific: Specific | None = None
    database_specific: Specific | None = None


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of the database. What is not named here is passed over."""

    id: str
    affected: tuple[Affected, ...] = ()
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    summary: str = ""
    withdrawn: str = ""
    severity: tuple[Severity, ...] = ()
    database_specific: Specific | None = None


_READ = msgspec.json.Decoder(Entry)


def read(raw: bytes) -> Entry:
    """An entry of its JSON. Raises msgspec.DecodeError."""
    try:
        return _READ.decode(raw)
    except msgspec.ValidationError:
        # The schema lets lists be null, and some databases write all fields that there are.
        return msgspec.convert(_without_null(msgspec.json.decode(raw)), Entry)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(one) for key, one in value.items() if one is not None}
    return [_without_null(one) for one in value] if isinstance(value, list) else value


def is_affected(affected: Affected, version: str) -> bool:
    """Whether it lies in a range or is listed. A text that is no version is only ever listed."""
    order = order_of(affected.package.ecosystem)
    if version in affected.versions:
        return True
    at = order(version)
    if at is None:
        return False
    if any(order(x) == at for x in affected.versions):
        return True
    ranges = (x.events for x in affected.ranges if x.type != "GIT")
    return any(_holds(events, at, order) for events in ranges)


def fixes(affected: Affected, version: str) -> list[str]:
    """Versions that mend it, past `version`, the next one first."""
    order = order_of(affected.package.ecosystem)
    at = order(version)
    events = [x for one in affected.ranges if one.type != "GIT" for x in one.events]
    found = {x.fixed for x in events if x.fixed and order(x.fixed) is not None}
    return sorted((x for x in found if at is None or order(x) > at), key=order)


def order_of(ecosystem: str) -> Order:
    """PEP 440 for PyPI, dpkg's order for Debian."""
    return _pep440 if ecosystem == PYPI else _dpkg


def _holds(events: Sequence[Event], at: Any, order: Order) -> bool:
    limits = [order(x.limit) for x in events if x.limit and x.limit != "*"]
    if limits and not any(x is not None and at < x for x in limits):
        return False
    affected = False
    for _, event in sorted(_placed(events, order), key=lambda x: x[0]):
        affected = _after(event, affected, at, order)
    return affected


def _after(event: Event, before: bool, at: Any, order: Order) -> bool:
    if event.introduced and (event.introduced == "0" or at >= order(event.introduced)):
        return True
    if event.fixed and at >= order(event.fixed):
        return False
    if event.last_affected and at > order(event.last_affected):
        return False
    return before


def _placed(events: Sequence[Event], order: Order) -> list[tuple[Any, Event]]:
    """Events by where they stand: "0" before every version; what is no version is passed over."""
    placed: list[tuple[Any, Event]] = []
    for event in events:
        text = event.introduced or event.fixed or event.last_affected
        if event.introduced == "0":
            placed.append(((0,), event))
        elif text and (at := order(text)) is not None:
            # Of one place, what ends a range comes before what begins the next.
            placed.append(((1, at, bool(event.introduced)), event))
    return placed


def _pep440(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _dpkg(text: str) -> NativeVersion | None:
    try:
        return NativeVersion(text)
    except ValueError:
        return None
