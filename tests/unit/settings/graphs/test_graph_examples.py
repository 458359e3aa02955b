"""Every example of the reference page is one that is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lading.settings import read
from lading_runtime.graphs.loading import load
from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "reference" / "graphs.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_graph_that_the_server_loads(tmp_path: Path, example: str) -> None:
    for folder in re.findall(r"source: ([\w/]+)", example):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for module, attribute in re.findall(r'handler: "(\w+):(\w+)"', example):
        for folder in (tmp_path, *(x for x in tmp_path.rglob("*") if x.is_dir())):
            (folder / f"{module}.py").write_text(f"from somewhere import {attribute}\n")
    (tmp_path / "lading.yaml").write_text(f"app: example\n{example}")
    graphs = [x.recipe.graph for x in read(tmp_path).services if x.recipe.graph]
    assert len(graphs) == 1
    (tmp_path / "graph.json").write_text(graphs[0].text)
    assert load(str(tmp_path / "graph.json")).asynchronous


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3
