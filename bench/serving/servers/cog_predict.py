"""A runner for Cog. `async` with a number of slots, since it refuses (409) what finds none free."""

from __future__ import annotations

import os

import joblib
from cog import BaseRunner, concurrent


class Runner(BaseRunner):
    async def setup(self) -> None:
        self._model = joblib.load(os.environ["BENCH_MODEL"])

    @concurrent(max=128)
    async def run(self, input: list[float]) -> int:
        return int(self._model.predict([input])[0])
