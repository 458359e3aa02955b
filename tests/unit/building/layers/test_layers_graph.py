"""The layer of a graph: one file, and none of the source's."""

from __future__ import annotations

import tarfile
from pathlib import Path

from lading.building.graph import Graph
from lading.building.layers import graph, source
from lading.building.layers.materials import Materials
from lading.building.recipe import Environment, Recipe
from lading.oci import Layer
from lading.stores.uncompressed import tar_of
from tests.unit.building.layers.conftest import PYTHON

GRAPH = Graph.of([{"name": "x", "type": "int"}], {}, {"kind": "constant", "value": "é"}, {})


def test_it_holds_the_graph_and_nothing_else(tmp_path: Path, materials: Materials) -> None:
    wanted = graph.wanted(GRAPH, materials)
    assert wanted is not None
    made = wanted.make(lambda _: None)
    blobs = materials.store.blobs
    layer = Layer(made.descriptor, made.diff_id, lambda: blobs.open(made.descriptor.digest))
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        files = {one.name: tar.extractfile(one) for one in tar if one.isfile()}
        assert list(files) == ["app/graph.json"]
    assert wanted.title == "graph.json"
    assert list(wanted.files()) == ["graph.json"]


def test_it_is_kept_under_its_text(materials: Materials) -> None:
    keys = {one.key() for one in (graph.wanted(x, materials) for x in (GRAPH, Graph("{}"))) if one}
    assert len(keys) == 2
    assert graph.wanted(None, materials) is None


def test_nothing_of_the_source_is_in_its_image(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    environment = Environment("service", PYTHON, None)
    assert source.of(Recipe("app", "service", environment, tmp_path, graph=GRAPH)) == []


def test_the_text_is_that_of_the_runtime() -> None:
    assert GRAPH.text == (
        '{"version":1,"input":[{"name":"x","type":"int"}],"steps":{},'
        '"output":{"kind":"constant","value":"é"},"result":{}}'
    )
