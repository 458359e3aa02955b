from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

from lading_runtime import flavours
from lading_runtime.handlers.handler import Handler, HandlerError
from lading_runtime.handlers.tensors import Tensor
from lading_runtime.problem import Fault, Problem
from tests.unit.runtime.flavours.models import ask, faults, table

PEOPLE = pd.DataFrame({"age": [20, 30, 40, 50] * 5, "city": ["Oslo", "Rome"] * 10})


def served(tmp_path: Path, model: Any) -> Handler:
    path = tmp_path / "model.joblib"
    joblib.dump(model, path)
    return flavours.load("sklearn", str(path))


@pytest.fixture
def classifier() -> Any:
    features, classes = table()
    return LogisticRegression().fit(features, np.array(["low", "mid", "high"])[classes])


@pytest.fixture
def people() -> Any:
    columns = ColumnTransformer(
        [("number", StandardScaler(), ["age"]), ("kind", OneHotEncoder(), ["city"])]
    )
    model = make_pipeline(columns, LogisticRegression())
    return model.fit(PEOPLE, PEOPLE["age"] > 30)


def test_rows_of_many_requests_each_get_what_they_get_alone(
    tmp_path: Path, classifier: Any
) -> None:
    features, _ = table()
    parts = [features[:1], features[1:4], features[4:5], features[5:30]]
    answers = ask(served(tmp_path, classifier), *[x.tolist() for x in parts])
    for part, answer in zip(parts, answers, strict=True):
        assert answer["predictions"].tolist() == classifier.predict(part).tolist()


def test_classes_appear_as_their_own_labels_and_probabilities_in_their_order(
    tmp_path: Path, classifier: Any
) -> None:
    row = table()[0][:1]
    (answer,) = ask(
        served(tmp_path, classifier), row.tolist(), outputs=["predictions", "probabilities"]
    )
    assert answer["predictions"][0] in {"low", "mid", "high"}
    assert answer["probabilities"] == pytest.approx(classifier.predict_proba(row))


def test_probabilities_are_refused_where_the_model_has_none(tmp_path: Path) -> None:
    handler = served(tmp_path, LinearSVC().fit(*table()))
    assert faults(handler, [[1.0] * 4], outputs=["probabilities"]) == (
        Fault("outputs", "only 'predictions'", "'probabilities', which the model does not have"),
    )


def test_arrays_are_taken_as_they_are_and_kept_apart_by_dtype(
    tmp_path: Path, classifier: Any
) -> None:
    features = table()[0][:9].astype("f4")
    handler = served(tmp_path, classifier)
    answers = ask(handler, features, features.astype("f8"), features.tolist())
    assert [x["predictions"].tolist() for x in answers] == [
        classifier.predict(features).tolist()
    ] * 3


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ([[1.0, 2.0]], Fault("inputs[0]", "4 features", "2")),
        ([[1.0] * 4, [1.0, 2.0, "x", 4.0]], Fault("inputs[1][2]", "a number", '"x"')),
        ([[1.0] * 4, 5], Fault("inputs[1]", "an array of numbers", "int")),
        ([[1.0, 2.0, 3.0, "4"]], Fault("inputs[0][3]", "a number", '"4"')),
        ([[1.0, 2.0, 3.0, [4]]], Fault("inputs[0][3]", "a number", "[4]")),
        (np.zeros((1, 3)), Fault("inputs", "an array of shape [any, 4]", "shape [1, 3]")),
        (np.array([["a"] * 4]), Fault("inputs", "an array of numbers", "an array of <U1")),
        (
            [[1.0, 2.0, 3.0, None]],
            Fault("inputs[0][3]", "a value that the model takes", "a missing or infinite value"),
        ),
    ],
)
def test_what_is_wrong_is_named_by_row_and_feature(
    tmp_path: Path, classifier: Any, inputs: Any, fault: Fault
) -> None:
    assert faults(served(tmp_path, classifier), inputs) == (fault,)


def test_a_wrong_request_fails_alone(tmp_path: Path, classifier: Any) -> None:
    good = table()[0][:2].tolist()
    answers = ask(served(tmp_path, classifier), good, [[1.0]], [[None] * 4], good)
    assert [isinstance(x, Problem) for x in answers] == [False, True, True, False]
    wanted = classifier.predict(good).tolist()
    assert answers[0]["predictions"].tolist() == answers[3]["predictions"].tolist() == wanted


def test_a_missing_value_is_null_where_the_model_takes_one(tmp_path: Path) -> None:
    features, classes = table()
    features[::3, 1] = np.nan
    model = HistGradientBoostingClassifier(max_iter=3).fit(features, classes)
    (answer,) = ask(served(tmp_path, model), [[0.5, None, 0.1, 0.2]])
    assert answer["predictions"].tolist() == model.predict([[0.5, np.nan, 0.1, 0.2]]).tolist()


def test_no_rows_are_no_predictions(tmp_path: Path, classifier: Any) -> None:
    assert ask(served(tmp_path, classifier), []) == [{"predictions": []}]


def test_no_outputs_at_all_are_refused(tmp_path: Path, classifier: Any) -> None:
    handler = served(tmp_path, classifier)
    assert handler.predict_batch is not None
    with pytest.raises(Problem, match="outputs: expected only 'predictions', 'probabilities'"):
        handler.predict_batch([{"inputs": [[1, 2, 3, 4]], "outputs": []}])


def test_columns_are_given_by_name_or_in_order(tmp_path: Path, people: Any) -> None:
    handler = served(tmp_path, people)
    answers = ask(handler, [{"city": "Rome", "age": 50}], [[50, "Rome"], [20, "Oslo"]])
    assert [x["predictions"].tolist() for x in answers] == [[True], [True, False]]
    array = np.array([[50, "Rome"]], dtype=object)
    assert ask(handler, array)[0]["predictions"].tolist() == [True]


@pytest.mark.parametrize(
    ("inputs", "faulty"),
    [
        (
            [{"city": "Rome", "age": 1}, {"city": "Oslo", "agee": 1}],
            (
                Fault("inputs[1].age", "a value", "nothing"),
                Fault("inputs[1].agee", "a feature of the model: age, city", "another name"),
            ),
        ),
        (
            [{"city": "Rome", "age": "old"}],
            (
                Fault(
                    "inputs",
                    "values that the model takes",
                    "some that it refuses: could not convert string to float: 'old'",
                ),
            ),
        ),
    ],
)
def test_names_that_are_wrong_are_told(
    tmp_path: Path, people: Any, inputs: Any, faulty: tuple[Fault, ...]
) -> None:
    assert faults(served(tmp_path, people), inputs) == faulty


def test_a_category_of_training_lacking_is_the_callers_fault(tmp_path: Path, people: Any) -> None:
    (fault,) = faults(served(tmp_path, people), [{"city": "Paris", "age": 30}])
    assert fault.field == "inputs"
    assert (
        fault.came
        == "some that it refuses: Found unknown categories ['Paris'] in column 0 during transform"
    )


def test_the_model_tells_its_tensors(tmp_path: Path, classifier: Any) -> None:
    facts = served(tmp_path, classifier).facts
    assert facts["platform"] == "sklearn_joblib"
    assert facts["inputs"] == (Tensor("inputs", "FP64", (-1, 4)),)
    assert facts["outputs"] == (
        Tensor("predictions", "BYTES", (-1,)),
        Tensor("probabilities", "FP64", (-1, -1)),
    )
    features, classes = table()
    whole = served(tmp_path, LogisticRegression().fit(features, classes))
    assert whole.facts["outputs"][0] == Tensor("predictions", "INT64", (-1,))
    line = served(tmp_path, LinearRegression().fit(features, classes))
    assert line.facts["outputs"] == (Tensor("predictions", "FP64", (-1,)),)


def test_another_version_is_warned_of_once_with_both_named_by_a_pickle_whose_mark_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    features, classes = table()
    path = tmp_path / "old.joblib"
    # What pickles carry is `sklearn.__version__` at the time, looked up when they are written.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.2.3")
        joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(features, classes),
                    path)  # fmt: skip
    handler = flavours.load("sklearn", str(path))
    (line,) = [json.loads(x) for x in capsys.readouterr().err.splitlines()]
    installed = handler.facts["versions"]["scikit-learn"]
    assert line["level"] == "warning"
    assert line["model"] == "old.joblib"
    assert line["detail"].startswith(
        f"saved with scikit-learn 1.2.3, loaded with {installed}; predictions may differ"
    )


def test_a_skops_file_is_loaded_and_one_of_foreign_types_is_not(
    tmp_path: Path, classifier: Any
) -> None:
    skops.io.dump(classifier, tmp_path / "good.skops")
    handler = flavours.load("sklearn", str(tmp_path / "good.skops"))
    features = table()[0]
    assert ask(handler, features)[0]["predictions"].tolist() == (
        classifier.predict(features).tolist()
    )
    skops.io.dump(Path("x"), tmp_path / "bad.skops")
    with pytest.raises(HandlerError, match="has types that skops does not trust: "):
        flavours.load("sklearn", str(tmp_path / "bad.skops"))


def test_an_object_that_cannot_predict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match="holds a StandardScaler, which has no predict"):
        served(tmp_path, StandardScaler().fit(table()[0]))
