"""Translates one pair of languages. Which one, the environment says: a service for each pair."""

import os

from apertium import Pipeline


class Translator:
    def __init__(self) -> None:
        self.pipeline = Pipeline(os.environ["MODE"])

    def predict(self, texts: list[str]) -> list[str]:
        return [self.pipeline.translate(text) for text in texts]
