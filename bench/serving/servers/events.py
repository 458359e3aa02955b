"""The handler whose answers are streamed."""

from __future__ import annotations

from collections.abc import Iterator


class Counting:
    def predict(self, count: int) -> Iterator[int]:
        yield from range(count)
