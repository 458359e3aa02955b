"""Names of services and steps given on the command line."""

from __future__ import annotations

from collections.abc import Iterable

from lading.errors import UsageError


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that the app does not have."""
    have = ", ".join(sorted(known))
    if not have:
        return UsageError(f"the app has no {kind.replace(' or ', 's or ')}s", name)
    return UsageError(f"the app has no {kind} {name!r}", expected=f"one of {have}")
