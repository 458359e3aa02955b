from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from lading_runtime import flavours
from lading_runtime.handlers.handler import HandlerError
from lading_runtime.problem import Fault
from tests.unit.runtime.flavours.models import ask, faults, table

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow.pyfunc
    from mlflow.models import infer_signature

pytestmark = pytest.mark.filterwarnings("ignore")  # mlflow's own, of its next versions
REQUIRED = [f"scikit-learn=={sklearn.__version__}"]


def saved(tmp_path: Path, model: Any, example: Any = None, **options: Any) -> str:
    path = tmp_path / "model"
    signature = None if example is None else infer_signature(example)
    options = {"pip_requirements": REQUIRED, "serialization_format": "cloudpickle", **options}
    mlflow.sklearn.save_model(model, path, signature=signature, **options)
    return str(path)


@pytest.fixture
def frame() -> pd.DataFrame:
    features, _ = table()
    return pd.DataFrame(features, columns=["a", "b", "c", "d"])


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow.pyfunc", None)


def test_columns_come_from_the_signature_and_mlflow_predicts(
    tmp_path: Path, frame: pd.DataFrame
) -> None:
    model = LogisticRegression().fit(frame, table()[1])
    handler = flavours.load("mlflow", saved(tmp_path, model, frame))
    row = frame.iloc[0].to_dict()
    first, second = ask(handler, [row], frame.iloc[1:9].to_numpy().tolist())
    assert first["predictions"].tolist() == model.predict(frame[:1]).tolist()
    assert second["predictions"].tolist() == model.predict(frame[1:9]).tolist()
    assert handler.facts["platform"] == "mlflow_pyfunc"
    del row["b"]
    assert faults(handler, [row]) == (Fault("inputs[0].b", "a value", "nothing"),)


def test_texts_are_taken_where_the_signature_has_them(tmp_path: Path) -> None:
    people = pd.DataFrame({"city": ["Oslo", "Rome"] * 5, "rooms": [1, 2] * 5})
    model = make_pipeline(OrdinalEncoder(), LogisticRegression()).fit(people, [0, 1] * 5)
    handler = flavours.load("mlflow", saved(tmp_path, model, people))
    (answer,) = ask(handler, [{"city": "Rome", "rooms": 2}, {"city": "Oslo", "rooms": 1}])
    assert answer["predictions"].tolist() == [1, 0]


def test_a_tensor_signature_takes_rows(tmp_path: Path) -> None:
    features, classes = table()
    model = LogisticRegression().fit(features.astype("f4"), classes)
    handler = flavours.load("mlflow", saved(tmp_path, model, features.astype("f4")))
    (answer,) = ask(handler, features[:3].tolist())
    assert answer["predictions"].tolist() == model.predict(features[:3]).tolist()


def test_the_model_inside_is_served_by_its_own_flavour_without_mlflow(
    tmp_path: Path, frame: pd.DataFrame, without_mlflow: None
) -> None:
    model = LogisticRegression().fit(frame, table()[1])
    handler = flavours.load("mlflow", saved(tmp_path, model, frame))
    (answer,) = ask(handler, frame[:2].to_numpy(), outputs=["probabilities"])
    assert np.allclose(answer["probabilities"], model.predict_proba(frame[:2]))
    assert handler.facts["platform"] == "sklearn_joblib"


def test_a_model_of_another_flavour_needs_mlflow(tmp_path: Path, without_mlflow: None) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  prophet: {}\n")
    with pytest.raises(HandlerError, match="needs mlflow, which is not installed"):
        flavours.load("mlflow", str(tmp_path))


def test_a_folder_without_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(HandlerError, match="there is no file MLmodel in it"):
        flavours.load("mlflow", str(tmp_path))


def test_other_versions_than_required_are_warned_of_in_one_line(
    tmp_path: Path, frame: pd.DataFrame, capsys: pytest.CaptureFixture[str], without_mlflow: None
) -> None:
    model = LogisticRegression().fit(frame, table()[1])
    required = ["scikit-learn==1.0.1", "numpy==1.2", f"pandas=={pd.__version__}", "absent==1"]
    path = saved(tmp_path, model, frame, pip_requirements=required)
    capsys.readouterr()
    flavours.load("mlflow", path)
    (line,) = [json.loads(x) for x in capsys.readouterr().err.splitlines() if x[:1] == "{"]
    assert line["detail"].startswith(
        f"saved with numpy 1.2, loaded with {np.__version__}; "
        f"saved with scikit-learn 1.0.1, loaded with {sklearn.__version__};"
    )
