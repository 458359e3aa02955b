from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import joblib
import lightgbm
import pytest
import xgboost
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

from lading.building.flavours import FLAVOURS
from lading_runtime import flavours
from lading_runtime.flavours.loading import MODULES
from lading_runtime.handlers.handler import HandlerError
from tests.unit.runtime.flavours.models import table

FORKED = """
import os, sys
import numpy
from lading_runtime import flavours
handler = flavours.load(sys.argv[1], sys.argv[2])
if not os.fork():
    name = handler.signature.parameters[0].name
    rows = handler.predict_batch([{name: numpy.zeros((9000, 4), "f4")}])[0]
    os._exit(len(next(iter(rows.values()))) != 9000)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_every_flavour_that_can_be_written_can_be_served() -> None:
    assert set(MODULES) == set(FLAVOURS)


def test_a_flavour_or_file_that_is_not_there_is_told() -> None:
    with pytest.raises(HandlerError, match=r"expected a flavour of sklearn, .*, got 'pmml'"):
        flavours.load("pmml", "model.pmml")
    with pytest.raises(HandlerError, match=r"^missing\.onnx: there is no such model$"):
        flavours.load("onnx", "missing.onnx")


@pytest.mark.parametrize(
    ("flavour", "ending"),
    [("sklearn", "joblib"), ("xgboost", "json"), ("lightgbm", "txt"), ("onnx", "onnx")],
)
def test_a_file_that_is_something_else_is_told_with_the_reason(
    tmp_path: Path, flavour: str, ending: str
) -> None:
    path = tmp_path / f"model.{ending}"
    path.write_text("this is no model")
    with pytest.raises(HandlerError) as failed:
        flavours.load(flavour, str(path))
    assert str(failed.value).startswith(f"{path} cannot be loaded as {flavour}: ")
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty; save the model anew"),
        (
            b"import asyncio\n\nprint(1)\n",
            "expected a pickle, as joblib and pickle write them, "
            "got a file that begins b'import asyncio\\n\\n'",
        ),
        (
            b"\x80\x04c__main__\nOwnModel\n.",
            "its OwnModel was defined in the program that saved it (__main__); define it in a "
            "module of the source, import it from there, and save the model anew",
        ),
        (b"\x80\x04", "EOFError"),
    ],
)
def test_a_pickle_that_is_none_says_what_to_do(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(content)
    with pytest.raises(HandlerError) as failed:
        flavours.load("sklearn", str(path))
    assert str(failed.value) == f"{path} cannot be loaded as sklearn: {reason}"


def test_a_library_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(1, path)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(HandlerError, match="add scikit-learn to the requirements"):
        flavours.load("sklearn", str(path))


@pytest.mark.parametrize("flavour", ["sklearn", "xgboost", "lightgbm", "onnx"])
def test_a_process_forked_after_loading_can_predict(tmp_path: Path, flavour: str) -> None:
    features, classes = table()
    path = tmp_path / "model.ubj"
    if flavour == "xgboost":
        xgboost.XGBClassifier(n_estimators=2).fit(features, classes).save_model(path)
    elif flavour == "lightgbm":
        data = lightgbm.Dataset(features, classes)
        lightgbm.train({"verbose": -1}, data, 2).save_model(path)
    else:
        model = LogisticRegression().fit(features, classes)
        joblib.dump(model, path)
        if flavour == "onnx":
            path.write_bytes(to_onnx(model, features[:1].astype("f4")).SerializeToString())
    command = [sys.executable, "-c", FORKED, flavour, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
