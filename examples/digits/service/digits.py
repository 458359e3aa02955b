"""Reads one handwritten digit from a picture."""

from dataclasses import dataclass
from pathlib import Path

import joblib
import pixels


@dataclass
class Reading:
    digit: int
    confidence: float


class Digits:
    def __init__(self) -> None:
        self.model = joblib.load(Path(__file__).with_name("model.joblib"))

    def predict(self, image: bytes) -> Reading:
        chances = self.model.predict_proba(pixels.read(image))[0]
        best = int(chances.argmax())
        return Reading(int(self.model.classes_[best]), round(float(chances[best]), 4))
