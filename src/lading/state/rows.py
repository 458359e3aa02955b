"""What is kept, as values. Texts that are JSON mean something to others, not here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class StoredRevision:
    """A row of `revisions`. `content` and `told` are JSON and never change."""

    service: str
    number: int
    created_at: datetime
    ready_at: datetime | None
    """When all of its replicas first answered, wherever that was; None when they never did."""
    image: str
    """A digest."""
    content: str
    told: str


@dataclass(frozen=True)
class Want:
    """A service's wanted revision and number of replicas."""

    service: str
    revision: int
    replicas: int


@dataclass(frozen=True)
class Event:
    """Something that happened to `subject`, in a sentence for a person."""

    at: datetime
    subject: str
    text: str
