"""How often a registry is asked again, and how long is waited between."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lading.errors import RegistryError

_PROGRESS_BYTES = 1024**2
"""Fewer new bytes than that between two failures are none: a registry that hands out single bytes
must not keep anybody for ever."""


@dataclass(frozen=True)
class Patience:
    """Waits grow twofold from `first_seconds`; they are random by half, so that many do not return
    at once."""

    attempts: int = 6
    """In a row, without progress between them."""
    unknown_attempts: int = 2
    """Of a registry that has not answered anything yet: more likely its name is wrong."""
    first_seconds: float = 0.5
    longest_seconds: float = 10.0
    obeyed_seconds: float = 120.0
    """The longest Retry-After that is waited for; where more is asked, it is given up."""
    slow_seconds: float = 60.0
    slow_bytes: int = 16 * 1024
    """Fewer bytes than that in so many seconds are none: the connection is as good as broken."""


@dataclass
class PassingError(Exception):
    """Something that may go away by itself. `came` is what happened, in a few words."""

    came: str
    retry_after_seconds: float | None = None


class InVainError(Exception):
    """Other work failed that this was a part of. Whoever began them all knows why."""


@dataclass
class Pace:
    """Whether bytes come, or go, fast enough to be waited for."""

    patience: Patience
    _since: float = field(default_factory=time.perf_counter)
    _passed: int = 0

    def passed(self, count: int) -> None:
        """So many bytes have passed. Raises PassingError where they are too few for too long."""
        self._passed += count
        seconds = time.perf_counter() - self._since
        if seconds < self.patience.slow_seconds:
            return
        if self._passed < self.patience.slow_bytes:
            raise PassingError(f"{self._passed} bytes in {seconds:.0f} s")
        self._since, self._passed = time.perf_counter(), 0


@dataclass
class Tries:
    """What one piece of work has tried. `what` is said when it is given up."""

    patience: Patience
    what: str
    known: Callable[[], bool]
    """Whether the registry has answered anything yet."""
    vain: threading.Event = field(default_factory=threading.Event)
    """Set where what this is a part of has failed."""
    failed: int = 0
    _gained: int = 0

    def progressed(self, count: int) -> None:
        """So many more bytes are done for good: enough of them make up for earlier failures."""
        self._gained += count
        if self._gained >= _PROGRESS_BYTES:
            self.failed = self._gained = 0

    def wait(self, fault: PassingError) -> None:
        """Wait before the next try. Raises RegistryError where there is to be none, InVainError."""
        self.failed += 1
        known = self.known()
        most = self.patience.attempts if known else self.patience.unknown_attempts
        if self.failed >= most:
            tried = f"{self.failed} tries" if self.failed > 1 else "one try"
            todo = "try again later; what was transferred is kept" if known else _CHECK
            raise RegistryError(f"given up after {tried}", self.what, came=fault.came, todo=todo)
        asked = fault.retry_after_seconds
        if asked is not None and asked > self.patience.obeyed_seconds:
            came = f"{fault.came}, to be asked again in {asked:.0f} s"
            raise RegistryError("given up", self.what, came=came, todo="try again then")
        if self.vain.wait(self._delay() if asked is None else asked):
            raise InVainError

    def _delay(self) -> float:
        usual = self.patience.first_seconds * 2.0 ** (self.failed - 1)
        return min(usual, self.patience.longest_seconds) * random.uniform(0.5, 1.0)


_CHECK = "check the name of the registry, the network, and http_proxy, https_proxy, no_proxy"


def retry_after(text: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None where it says nothing."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
