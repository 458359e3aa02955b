"""Handlers that let what their calls raise pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lading_runtime import service

batches: list[int] = []


def ask(name: str = "ocr") -> str:
    return str(service(name, timeout=1).predict())


async def ask_async(name: str = "ocr") -> str:
    return str(await service(name, timeout=1).predict_async())


def ask_while_streaming(name: str = "ocr") -> Iterator[str]:
    yield "begun"
    yield ask(name)


@dataclass
class Item:
    asks: bool


class AskTogether:
    def predict_batch(self, inputs: list[Item]) -> list[int]:
        batches.append(len(inputs))
        if inputs[0].asks:
            service("ocr", timeout=1).predict()
        return [max(batches)] * len(inputs)
