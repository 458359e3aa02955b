from dataclasses import dataclass
from pathlib import Path

import joblib


@dataclass
class Flower:
    species: str
    confidence: float


class Flowers:
    def __init__(self) -> None:
        self.model = joblib.load(Path(__file__).with_name("model.joblib"))

    def predict(
        self, sepal_length: float, sepal_width: float, petal_length: float, petal_width: float
    ) -> Flower:
        row = [[sepal_length, sepal_width, petal_length, petal_width]]
        chances = self.model.predict_proba(row)[0]
        best = int(chances.argmax())
        return Flower(str(self.model.classes_[best]), round(float(chances[best]), 4))
