"""XGBoost and LightGBM: boosters, and the wrappers with scikit-learn's interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import numpy as np
import pytest
import xgboost

from lading_runtime import flavours
from lading_runtime.flavours.xgboost import saved_version
from lading_runtime.problem import Fault
from tests.unit.runtime.flavours.models import ask, faults, table

BOTH = ["predictions", "probabilities"]
ROUNDS = 4


@pytest.mark.parametrize("ending", ["json", "ubj"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_file_of_an_xgboost_classifier_gives_classes_and_probabilities(
    tmp_path: Path, ending: str, classes: int
) -> None:
    features, wanted = table()
    model = xgboost.XGBClassifier(n_estimators=ROUNDS).fit(features, wanted.clip(0, classes - 1))
    path = tmp_path / f"model.{ending}"
    model.save_model(path)
    assert saved_version(str(path)) == xgboost.__version__
    handler = flavours.load("xgboost", str(path))
    first, second = ask(handler, features[:5].tolist(), features[5:9], outputs=BOTH)
    assert first["predictions"].tolist() == model.predict(features[:5]).tolist()
    assert first["probabilities"] == pytest.approx(model.predict_proba(features[:5]))
    assert second["predictions"].tolist() == model.predict(features[5:9]).tolist()
    assert handler.facts["platform"] == "xgboost_booster"


def test_an_early_stop_of_xgboost_is_kept(tmp_path: Path) -> None:
    features, wanted = table()
    model = xgboost.XGBRegressor(n_estimators=200, early_stopping_rounds=2, learning_rate=0.9)
    model.fit(features[:40], wanted[:40], eval_set=[(features[40:], wanted[40:])], verbose=False)
    assert model.best_iteration < 199
    model.save_model(tmp_path / "model.ubj")
    (answer,) = ask(flavours.load("xgboost", str(tmp_path / "model.ubj")), features)
    assert answer["predictions"] == pytest.approx(model.predict(features))


@pytest.mark.parametrize("kind", ["gbtree", "gblinear", "dart"])
def test_a_booster_of_xgboost_gives_what_it_gives_itself(tmp_path: Path, kind: str) -> None:
    features, wanted = table()
    names = ["a", "b", "c", "d"]
    data = xgboost.DMatrix(features, wanted, feature_names=names)
    booster = xgboost.train({"booster": kind, "verbosity": 0}, data, ROUNDS)
    booster.save_model(tmp_path / "model.json")
    handler = flavours.load("xgboost", str(tmp_path / "model.json"))
    named = dict(zip(names, features[0].tolist(), strict=True))
    answers = ask(handler, features[1:9].tolist(), [named], [[None, 1.0, 2.0, 3.0]])
    assert answers[0]["predictions"] == pytest.approx(booster.predict(data)[1:9])
    assert answers[1]["predictions"] == pytest.approx(booster.predict(data)[:1])
    hole = xgboost.DMatrix([[np.nan, 1.0, 2.0, 3.0]], feature_names=names)
    assert answers[2]["predictions"] == pytest.approx(booster.predict(hole))
    assert faults(handler, [{**named, "e": 1}]) == (
        Fault("inputs[0].e", "a feature of the model: a, b, c, d", "another name"),
    )


def test_another_version_of_xgboost_is_warned_of_in_a_file_whose_mark_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.json"
    xgboost.XGBRegressor(n_estimators=1).fit(*table()).save_model(path)
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "version": [2, 0, 3]}))
    flavours.load("xgboost", str(path))
    (line,) = [json.loads(x) for x in capsys.readouterr().err.splitlines()]
    assert f"saved with xgboost 2.0.3, loaded with {xgboost.__version__};" in line["detail"]


@pytest.mark.parametrize(
    ("flavour", "model"),
    [
        ("xgboost", xgboost.XGBClassifier(n_estimators=ROUNDS)),
        ("lightgbm", lightgbm.LGBMClassifier(n_estimators=ROUNDS, verbose=-1)),
    ],
)
def test_a_pickled_wrapper_predicts_as_it_did(tmp_path: Path, flavour: str, model: Any) -> None:
    features, classes = table()
    path = tmp_path / "model.joblib"
    joblib.dump(model.fit(features, classes), path)
    handler = flavours.load(flavour, str(path))
    first, second = ask(handler, features[:1].tolist(), features[1:9].tolist(), outputs=BOTH)
    assert first["predictions"].tolist() == model.predict(features[:1]).tolist()
    assert second["probabilities"] == pytest.approx(model.predict_proba(features[1:9]))
    assert handler.facts["platform"] == f"{flavour}_joblib"


@pytest.mark.parametrize("names", [[], ["a", "b", "c", "d"]])
def test_a_booster_of_lightgbm_gives_what_it_gives_itself(tmp_path: Path, names: list[str]) -> None:
    features, classes = table()
    data = lightgbm.Dataset(features, classes > 0, feature_name=names or "auto")
    booster = lightgbm.train({"objective": "binary", "verbose": -1}, data, ROUNDS)
    booster.save_model(tmp_path / "model.txt")
    handler = flavours.load("lightgbm", str(tmp_path / "model.txt"))
    row = dict(zip(names, features[0].tolist(), strict=True)) if names else features[0].tolist()
    first, second = ask(handler, [row], features[1:9].astype("f4"))
    assert first["predictions"] == pytest.approx(booster.predict(features[:1]))
    assert second["predictions"] == pytest.approx(booster.predict(features[1:9].astype("f4")))
    assert handler.facts["platform"] == "lightgbm_booster"
    assert faults(handler, [[1.0]]) == (Fault("inputs[0]", "4 features", "1"),)
