"""The Accept header: which of the media types that a result can be is wanted most.

RFC 9110, section 12.5.1, parameters other than `q` ignored.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

ANY = "*/*"


def choose(accept: str, offers: Sequence[str]) -> str:
    """The best liked of the offers; the first where all are liked alike or none is."""
    ranges = _ranges(accept)
    liked = [(_liking(offer, ranges), offer) for offer in offers]
    best = max(liking for liking, _ in liked)
    return next(offer for liking, offer in liked if liking == best)


@functools.lru_cache(maxsize=64)
def _ranges(accept: str) -> dict[str, float]:
    ranges = {}
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value)
        ranges[media_type] = quality
    return ranges


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _liking(offer: str, ranges: dict[str, float]) -> tuple[float, int]:
    """How much, and how exactly it was named, which decides between equals."""
    family = offer.partition("/")[0] + "/*"
    for exactness, name in ((2, offer), (1, family), (0, ANY)):
        if name in ranges:
            return (ranges[name], exactness) if ranges[name] > 0 else (0.0, 0)
    return 0.0, 0
