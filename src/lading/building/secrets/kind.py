"""A kind of credential: its form, and how it is told from what only looks so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lading.building.secrets import judging

BASE64 = r"[A-Za-z0-9+/]"
URL64 = r"[A-Za-z0-9_-]"


@dataclass(frozen=True)
class Kind:
    """A kind of credential. `name` is how `allow_secrets` calls it, `what` what people do."""

    name: str
    what: str
    words: tuple[bytes, ...]
    """One of them is in every match. Looked for first: it takes a ninth of the time."""
    pattern: str
    """Its group `secret` is what is judged; the whole match where there is none."""
    exact: bool = True
    """Whether it is so unlike anything else that files of bytes are searched for it as well."""
    judge: Callable[[str], bool] = judging.is_random
    """Whether what matched may be one at all."""
    shown: int = 4
    """How many characters of it, all of them fixed by its form, may be shown."""

    @property
    def expression(self) -> re.Pattern[bytes]:
        return _compiled(self.pattern)


@lru_cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    # Compiled where a word was found: all of them together take 3 ms.
    return re.compile(pattern.encode())


def words(*texts: str) -> tuple[bytes, ...]:
    """`Kind.words`, written as text."""
    return tuple(one.encode() for one in texts)
