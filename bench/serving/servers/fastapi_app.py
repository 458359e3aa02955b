"""A prediction with FastAPI, as its guide writes one: a model of the body, a plain `def`."""

from __future__ import annotations

import os

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
_model = joblib.load(os.environ["BENCH_MODEL"])


class Body(BaseModel):
    input: list[float]


@app.post("/predict")
def predict(body: Body) -> int:
    return int(_model.predict([body.input])[0])
