"""The layer of a graph: its graph.json, in the place of code."""

from __future__ import annotations

import hashlib
from functools import partial

from lading.building import in_image
from lading.building.graph import FILE, Graph
from lading.building.layers import blob, cache
from lading.building.layers.blob import Blob, Heard
from lading.building.layers.entry import Entry, file
from lading.building.layers.materials import Materials
from lading.building.layers.wanted import LayerKind, Wanted


def wanted(graph: Graph | None, materials: Materials) -> Wanted | None:
    """None for what is no graph."""
    if graph is None:
        return None
    digest = hashlib.sha256(graph.text.encode()).hexdigest()
    entry = file(f"{in_image.APP[1:]}/{FILE}", graph.text.encode())
    return Wanted(
        LayerKind.CODE,
        FILE,
        lambda: cache.key("graph", [digest]),
        partial(_make, entry, materials),
        files=lambda: {FILE: f"{entry.mode:o}  {digest}"},
    )


def _make(entry: Entry, materials: Materials, heard: Heard) -> Blob:
    return blob.compressed(materials.store, [entry], heard)
