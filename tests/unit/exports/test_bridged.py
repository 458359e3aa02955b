"""The image of a server on a port, with the program that joins the port to sockets."""

from __future__ import annotations

import tarfile
from pathlib import Path

from lading.exports.bridged import bridged
from lading.oci import Layer, assemble, validate
from lading.stores.layout import Layout
from lading.stores.uncompressed import tar_of
from tests.conftest import Images

ROOT = Path(__file__).resolve().parents[3]


def test_it_is_the_image_and_one_layer_more(images: Images, tmp_path: Path) -> None:
    image = images.image(Entrypoint=["node"], Env=["A=1"])
    store = Layout(tmp_path)
    made = bridged(image, store)
    validate.check(made)
    assert made.layers[:-1] == image.layers
    assert made.settings["config"] == image.settings["config"]
    assert bridged(image, store) == made
    program = (ROOT / "src" / "lading_runtime" / "bridge.py").read_bytes()
    assert files(made.layers[-1]) == {"opt/lading/bridge.py": program}


def test_its_history_tells_of_the_layer(images: Images, tmp_path: Path) -> None:
    layer = images.layer({"lower": b"1"})
    history = [{"created_by": "lading: base"}]
    image = assemble({"os": "linux", "architecture": "amd64", "history": history}, [layer])
    made = bridged(image, Layout(tmp_path))
    validate.check(made)
    assert [one["created_by"] for one in made.settings["history"]] == [
        "lading: base",
        "lading: bridge",
    ]


def files(layer: Layer) -> dict[str, bytes]:
    found = {}
    with tar_of(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            if content := tar.extractfile(member):
                found[member.name] = content.read()
    return found
