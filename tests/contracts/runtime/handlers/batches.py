"""Handlers that predict many requests at once, stream, or break; written as for Python 3.9."""

# ruff: noqa: UP006, UP035

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from typing import AsyncIterator, Iterator, List


class Squares:
    """Answers with the square and the size of its batch; 13 cannot be squared."""

    def predict_batch(self, numbers: List[int]) -> List[List[int]]:
        if 13 in numbers:
            raise ValueError("13 cannot be squared")
        time.sleep(0.02)
        return [[number * number, len(numbers)] for number in numbers]


class OneShort:
    def predict_batch(self, numbers: List[int]) -> List[int]:
        time.sleep(0.02)
        return numbers[1:]


class AsyncSquares:
    async def predict_batch(self, numbers: List[int]) -> List[List[int]]:
        if 13 in numbers:
            raise ValueError("13 cannot be squared")
        await asyncio.sleep(0.02)
        return [[number * number, len(numbers)] for number in numbers]


class Beside:
    def predict(self, number: int) -> str:
        time.sleep(0.02)
        return f"alone {number}"

    def predict_batch(self, numbers: List[int]) -> List[str]:
        time.sleep(0.02)
        return [f"together {number}" for number in numbers]


def counts(to: int, fails_at: int = -1, seconds: float = 0.0) -> Iterator[int]:
    try:
        for number in range(to):
            if number == fails_at:
                raise ValueError("a secret of the stream")
            time.sleep(seconds)
            yield number
    finally:
        sys.stderr.write(f"closed {to}\n")


async def counts_async(to: int, fails_at: int = -1, seconds: float = 0.0) -> AsyncIterator[int]:
    try:
        for number in range(to):
            if number == fails_at:
                raise ValueError("a secret of the stream")
            await asyncio.sleep(seconds)
            yield number
    finally:
        sys.stderr.write(f"closed {to}\n")


def process(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def dies(number: int) -> int:
    if number == 0:
        os.kill(os.getpid(), signal.SIGSEGV)
    if number < 0:
        time.sleep(-number / 1000)
    return os.getpid()


def dies_between(to: int, seconds: float = 0.0) -> Iterator[int]:
    if to == 0:
        os._exit(4)
    for number in range(to):
        time.sleep(seconds)
        yield number


class DiesAndLoadsSlowly:
    def __init__(self) -> None:
        time.sleep(0.5)

    def predict(self, number: int) -> int:
        if number == 0:
            os._exit(5)
        if number == 1:
            time.sleep(60)
        return number


class Large:
    """Holds 64 MB, and says how much of its memory is its process' alone."""

    def __init__(self) -> None:
        self.weights = bytearray(os.urandom(1024)) * (64 * 1024)

    def predict(self, number: int) -> List[int]:
        assert sum(self.weights[:1000])
        time.sleep(0.05)
        with open("/proc/self/smaps_rollup") as file:  # noqa: PTH123
            lines = file.read().splitlines()
        private = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
        return [os.getpid(), private]


class Threaded:
    """Keeps a thread from its loading on, which no fork would share."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.given = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while self.wanted.wait():
            self.wanted.clear()
            self.given.set()

    def predict(self, number: int) -> int:
        self.wanted.set()
        assert self.given.wait(5)
        self.given.clear()
        time.sleep(0.05)
        return os.getpid()


class DiesAndLoadsAlone:
    """Each worker loads it, for it keeps a thread."""

    def __init__(self) -> None:
        time.sleep(0.5)
        threading.Thread(target=threading.Event().wait, daemon=True).start()

    def predict(self, number: int) -> int:
        if number == 0:
            time.sleep(0.2)
            os._exit(5)
        if number < 0:
            time.sleep(-number / 1000)
        return number


def size(data: bytes) -> int:
    return len(data)


def mirror(data: bytes) -> bytes:
    return data
