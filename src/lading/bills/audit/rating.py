"""How bad a vulnerability is."""

from __future__ import annotations

from enum import IntEnum


class Rating(IntEnum):
    """By the bands of CVSS 3.1, section 5: low below 4, medium below 7, high below 9."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()
