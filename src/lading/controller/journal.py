"""What is written down while nobody waits for it, also when the database does not answer.

A thread writes; what cannot be written yet is kept, up to a number, and tried again.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from lading.errors import StateAway, StateError
from lading.state.record import Record

_MOST = 1000
"""Notes that wait; the oldest are forgotten first."""
_AGAIN_SECONDS = 2.0
_IDLE_SECONDS = 5.0
"""Where nothing is to be written, it is asked this often whether it could be."""


class Journal:
    """Notes for `record`, in their order. Its methods return at once, but for `close`."""

    def __init__(self, record: Record) -> None:
        self.trouble = ""
        """Why nothing can be written now; empty where it can."""
        self._record = record
        self._waiting: deque[Callable[[], None]] = deque(maxlen=_MOST)
        self._something = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def note(self, subject: str, text: str) -> None:
        """That something happened, now."""
        at = datetime.now(UTC)
        self.do(lambda: self._record.note(subject, text, at))

    def do(self, write: Callable[[], None]) -> None:
        """Any other writing. It may raise StateError, and StateAway to be tried again."""
        self._waiting.append(write)
        self._something.set()

    def close(self, seconds: float = 2.0) -> None:
        """Write what can be written within that time."""
        self._closing.set()
        self._something.set()
        self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            if not self._something.wait(_IDLE_SECONDS):
                self._written(self._record.ask)
            self._something.clear()
            while self._waiting:
                write = self._waiting.popleft()
                if not self._written(write):
                    self._waiting.appendleft(write)
                    if self._closing.wait(_AGAIN_SECONDS):
                        return
            if self._closing.is_set():
                return

    def _written(self, write: Callable[[], None]) -> bool:
        """False for what is to be tried again."""
        try:
            write()
        except StateAway as error:
            self._say(str(error))
            return False
        except StateError as error:
            self._say(str(error))
            return True
        self._say("")
        return True

    def _say(self, trouble: str) -> None:
        """In the controller's log: once, not for every try."""
        if trouble != self.trouble:
            self.trouble = trouble
            sys.stderr.write(f"{trouble or 'the database answers again'}\n")
            sys.stderr.flush()
