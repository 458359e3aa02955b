"""How layers are stacked."""

from __future__ import annotations

from pathlib import Path

from lading.engines.embedded.identity import Identity
from lading.engines.embedded.namespace import merge


def test_a_layer_that_an_image_has_twice_is_stacked_once_where_it_is_highest(
    tmp_path: Path,
) -> None:
    layers = [tmp_path / name for name in ("base", "empty", "code", "empty")]
    for layer in layers:
        layer.mkdir(exist_ok=True)
    root = Identity(0, 0, root=True)
    expected = "lowerdir=l/3:l/2:l/0,upperdir=upper,workdir=work"
    assert merge(tmp_path, layers, root, written=True).options == expected
    # What reads a container that ended knows its layers by the links.
    links = [tmp_path / "l" / str(number) for number in range(4)]
    assert [one.readlink().name for one in links] == ["base", "empty", "code", "empty"]
    assert merge(tmp_path, links, root, written=True).options == expected
