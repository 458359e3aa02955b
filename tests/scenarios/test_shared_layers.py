"""Services with the same base and the same wheels: made once, stored once, unpacked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lading.engines.embedded.layers import Layers
from lading.engines.embedded.unpack import Ownership
from lading.oci import Reference
from lading.stores.layout import Layout
from tests.scenarios.conftest import HOME, App

TWINS = """\
  twin:
    source: twin
    handler: twin:Twin
    requirements: requirements.txt
gateway:"""


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory) -> App:
    """Two services of other code and equal requirements, in a home where nothing was made yet."""
    home = tmp_path_factory.mktemp("home")
    (home / "cache").mkdir()
    (HOME / "cache" / "debs").mkdir(parents=True, exist_ok=True)
    (home / "cache" / "debs").symlink_to(HOME / "cache" / "debs")
    made = make_app("twins")
    app = App(made.folder, made.port, {"LADING_HOME": str(home)})
    (app.folder / "requirements.txt").write_text("markupsafe==3.0.2\nsix==1.17.0\n")
    (app.folder / "twin").mkdir()
    code = "class Twin:\n    def predict(self, x: int) -> int:\n        return x\n"
    (app.folder / "twin" / "twin.py").write_text(code)
    app.change("gateway:", TWINS)
    app.ok("lock")
    return app


@pytest.fixture(scope="module")
def made(app: App) -> Mapping[str, list[str]]:
    """Of each service, built one after the other: the kinds of layers that had to be made."""
    built = [app.json("build", name)[0] for name in ("probe", "twin")]
    return {x["name"]: [y["kind"] for y in x["layers"] if not y["cached"]] for x in built}


def test_the_second_makes_nothing_but_its_code(made: Mapping[str, list[str]]) -> None:
    assert made["twin"] == ["code"]
    assert {"base", "runtime", "wheels", "code"} == set(made["probe"])


def test_what_they_share_is_stored_once(app: App, made: Mapping[str, list[str]]) -> None:
    document = app.json("images")
    probe, twin = document["images"]
    others = {layer["kind"]: layer["others"] for layer in twin["layers"]}
    assert others == {"base": 1, "runtime": 1, "wheels": 1, "code": 0}
    shared = {layer["digest"] for layer in probe["layers"] if layer["others"]}
    named = {x["digest"] for x in document["layers"] if x["images"] == ["probe", "twin"]}
    assert named == shared
    assert len(shared) == len(probe["layers"]) - 1 >= 3
    assert twin["added_size"] == twin["own_size"] < twin["size"] / 100
    assert probe["added_size"] + twin["added_size"] == document["stored_size"]
    # Nothing lies there besides: the shared layers, of each its code, config and manifest, the two
    # documents of its bill and what its layers were made of, each with a manifest; their empty
    # config is everybody's.
    assert document["stored_size"] < document["store_size"] < document["stored_size"] * 1.01
    blobs = list(Path(document["store"]).glob("blobs/sha256/*"))
    assert len(blobs) == len(shared) + 2 * 3 + 2 * 3 * 2 + 1
    assert all(image["unpacked_size"] > image["size"] for image in (probe, twin))


def test_what_they_share_is_unpacked_once(
    app: App, made: Mapping[str, list[str]], tmp_path: Path
) -> None:
    store = Layout(Path(app.environ["LADING_HOME"]) / "data/store")
    layers = Layers(tmp_path / "layers", Ownership.of(root=False), store.blobs)
    first = layers.of(store.read(Reference("twins/probe")))
    before = {folder.name: folder.stat().st_ino for folder in (tmp_path / "layers").glob("[!.]*")}
    second = layers.of(store.read(Reference("twins/twin")))
    assert second[:-1] == first[:-1] and second[-1] != first[-1]
    after = {folder.name: folder.stat().st_ino for folder in (tmp_path / "layers").glob("[!.]*")}
    assert len(before) == len(first) >= 4
    assert after == {**before, second[-1].name: second[-1].stat().st_ino}
