"""How layers are stacked."""

from __future__ import annotations

from pathlib import Path

from lading.engines.embedded.identity import Identity
from lading.engines.embedded.namespace import merge


def test_a_layer_that_an_image_has_twice_is_stacked_once_where_it_is_highest(
    tmp_path: Path,
) -> None:
    layers = [tmp_path / name for name in ("base", "empty", "code", "empty")]
    merged = merge(tmp_path, layers, Identity(0, 0, root=True), written=True)
    assert merged.options == "lowerdir=l/2:l/1:l/0,upperdir=upper,workdir=work"
    stacked = [(tmp_path / "l" / str(number)).readlink().name for number in range(3)]
    assert stacked == ["base", "code", "empty"]
