"""What takes the room in an image, and an image that takes too much, by the command line."""

from __future__ import annotations

import os

import pytest

from tests.scenarios.conftest import App


@pytest.fixture
def app(app: App) -> App:
    (app.folder / "weights.bin").write_bytes(os.urandom(2_000_000))
    return app


def test_an_image_is_explained_and_held_to_its_budget(app: App) -> None:
    app.ok("lock")
    [before] = app.json("build", "--explain")
    explained = before["explained"]
    # By packages it comes to what the image has, and to no more than rounding's difference.
    shares = sum(one["size"] for one in explained["packages"])
    layers = sum(one["size"] for one in before["layers"])
    assert abs(shares - layers) < 1000
    [code] = [one for one in explained["packages"] if one["kind"] == "code"]
    assert 2_000_000 <= code["size"] <= 2_010_000
    assert {"path": "/app/weights.bin"}.items() <= next(
        one for one in explained["largest_files"] if one["path"].startswith("/app")
    ).items()
    app.change("handler: probe:Probe", "handler: probe:Probe\n    max_size: 2Mi")
    (app.folder / "more.bin").write_bytes(os.urandom(300_000))
    done = app.lading("build", "--explain")
    assert done.returncode == 1
    assert "/app/weights.bin" in done.stdout
    assert (
        "services.probe.max_size: its image would be larger than it may be: expected at most "
        in (done.stderr)
    )
    assert "since the last image" in done.stderr
    assert "your code +0.3Mi; see `lading build --explain`, remove what" in done.stderr
    # The name is where it was, and the build is what it was once there is room.
    app.change("max_size: 2Mi", "max_size: 200Mi")
    (app.folder / "more.bin").unlink()
    [again] = app.json("build")
    assert again["digest"] == before["digest"]
