"""Trains on scikit-learn's bundled digits and writes model.joblib beside this file.

Every fifth picture is held out: the accuracy is measured on those, and the pictures in ../images
are three of them.
"""

from pathlib import Path

import joblib
import numpy
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HOLD_OUT_EVERY = 5


def main() -> None:
    data = load_digits()
    held_out = numpy.arange(len(data.target)) % HOLD_OUT_EVERY == 0
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    print(f"training on {(~held_out).sum()} pictures", flush=True)
    model.fit(data.data[~held_out], data.target[~held_out])
    accuracy = model.score(data.data[held_out], data.target[held_out])
    print(f"accuracy on {held_out.sum()} held-out pictures: {accuracy:.1%}", flush=True)
    path = Path(__file__).with_name("model.joblib")
    joblib.dump(model, path)
    print(f"wrote {path.name}, {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
