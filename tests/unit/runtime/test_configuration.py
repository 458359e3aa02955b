"""Settings that cannot be used are refused by the name that the user gave them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lading_runtime.configuration import ConfigurationError, read

SOURCES = Path(__file__).parents[3] / "src"
NOTHING = (
    "nothing to serve; give --handler module:Class, or --model FILE with --flavour, "
    "or set LADING_HANDLER"
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, NOTHING),
        ({"WORKERS": "0"}, "LADING_WORKERS: expected a whole number from 1 to 1000, got '0'"),
        (
            {"BATCH_SIZE": "0"},
            "LADING_BATCH_SIZE: expected a whole number from 1 to 10000, got '0'",
        ),
        ({"BATCH_WAIT": "nan"}, "LADING_BATCH_WAIT: expected seconds from 0 to 86400, got 'nan'"),
        (
            {"HANDLER": "a"},
            "LADING_HANDLER: expected module:Class or module:function, got 'a'",
        ),
        (
            {"HANDLER": "a.py:A"},
            "LADING_HANDLER: expected a module's name, not its file, got 'a.py:A'; write a:A",
        ),
        (
            {"HANDLER": "in/a.py:A"},
            "LADING_HANDLER: expected a module's name, not its file, got 'in/a.py:A'; "
            "write a:A, with 'in' as the source",
        ),
        (
            {"HANDLER": "", "MODEL": "m.onnx"},
            "LADING_FLAVOUR: expected what made the model, such as sklearn, got none",
        ),
        (
            {"HANDLER": "", "FLAVOUR": "onnx"},
            "LADING_MODEL: expected the path of the flavour's model, got none",
        ),
        (
            {"GRAPH": "graph.json"},
            "LADING_GRAPH: expected one thing to serve, got two",
        ),
    ],
)
def test_a_variable_that_cannot_be_used(given: dict[str, str], said: str) -> None:
    handler = {"LADING_HANDLER": "a:A"} if given else {}
    with pytest.raises(ConfigurationError) as caught:
        read({**handler, **{f"LADING_{name}": value for name, value in given.items()}})
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("/m.onnx: there is no such model", "there is no such model"),
        ("/m.onnx cannot be loaded as onnx: why", "it cannot be loaded as onnx: why"),
        ("/m.onnx/inner: there is no such model", "/m.onnx/inner: there is no such model"),
    ],
)
def test_the_path_of_a_model_that_cannot_be_loaded_is_said_once(reason: str, said: str) -> None:
    told = read({"LADING_MODEL": "/m.onnx", "LADING_FLAVOUR": "onnx"})
    assert told.load_failure(reason) == f"services.m.model: /m.onnx failed to load: {said}"
    by_options = replace(told, by_options=True)
    assert by_options.load_failure(reason) == f"--model /m.onnx failed to load: {said}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], NOTHING),
        (["--port", "x"], "--port: expected a whole number from 0 to 65535, got 'x'"),
        (["--source", "/nowhere"], "--source: expected a folder, got '/nowhere': No such file"),
        (["--flavour", "onnx"], "--model: expected the path of the flavour's model, got none"),
        (["--port", "0"], "LADING_WORKERS: expected a whole number from 1 to 1000, got '0'"),
    ],
)
def test_what_was_given_as_an_option_is_named_as_one(options: list[str], said: str) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}
    if options == ["--port", "0"]:
        environment["LADING_WORKERS"] = "0"
    if options and "--flavour" not in options:
        options = [*options, "--handler", "a:A"]
    done = subprocess.run(
        [sys.executable, "-m", "lading_runtime", *options],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
