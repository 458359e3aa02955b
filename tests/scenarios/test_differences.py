"""What `lading diff` says of two revisions, literally, of images that were really built."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lading.cli import states
from lading.controller.place import Place
from lading.engines.engine import Limits
from lading.oci import Digest
from lading.releases.revision import Occasion, Spec
from lading.state import database
from lading.state.folders import Folders
from lading.state.record import NewRevision, Record
from tests.scenarios.conftest import HOME, App

BEFORE = """\
app: differs
services:
  s: {source: s, handler: "h:predict", model: m.bin, requirements: r.txt, env: {A: "1"}}
"""
AFTER = """\
app: differs
services:
  s: {source: s, handler: "h:again", model: m.bin, requirements: r.txt, env: {A: "2", B: "3"}}
"""
WAS = {"h.py": "def predict() -> int:\n    return 1\n", "gone.py": "1\n", "m.bin": "one\n"}
NOW = {"h.py": "def again() -> int:\n    return 1\n", "\x1b[31m.py": "1\n", "m.bin": "two\n"}


@pytest.fixture(scope="module")
def app(make_app: Callable[..., App]) -> App:
    """Revisions 1 to 3 were made of two builds; the second never answered. None is started."""
    app = make_app("differs")
    add(app, build(app, BEFORE, "six==1.16.0\nidna==3.7\n", WAS), 128)
    first = build(app, AFTER, "six==1.17.0\ntoolz==1.0.0\n", NOW)
    add(app, first, 128, ready=False)
    add(app, first, 256)
    return app


def build(app: App, settings: str, requirements: str, files: dict[str, str]) -> str:
    """The digest of the image."""
    app.settings.write_text(settings)
    (app.folder / "r.txt").write_text(requirements)
    source = app.folder / "s"
    source.mkdir(exist_ok=True)
    for path in source.iterdir():
        path.unlink()
    for name, content in files.items():
        (source / name).write_text(content)
    app.ok("lock")
    return str(app.json("build")[0]["digest"])


def add(app: App, image: str, memory: int, ready: bool = True) -> None:
    address = states.of(Place(app.folder, Folders.of_user({"LADING_HOME": str(HOME)})))
    engine = database.opened(address)
    record = Record(engine, address.app, address.site)
    spec = Spec(Digest.parse(image), Limits(memory_bytes=memory * 1024**2))
    told = Occasion("ann@box").to_json()
    added = record.add_revision(NewRevision("s", image, spec.to_json(), told))
    if ready:
        record.ready("s", added.number)
    engine.dispose()


def shown(app: App, *words: str) -> str:
    """Without times."""
    return re.sub(r"\(\d{4}-[^)]*\)", "(WHEN)", app.ok("diff", "s", *words))


def test_it_is_read_at_a_glance(app: App) -> None:
    text, _, sizes = shown(app).partition("sizes\n")
    assert text == (
        "s: revision 1 (WHEN) → 3 (WHEN)\n"
        "wheels\n"
        "  ~ six 1.16.0 → 1.17.0\n"
        "  + toolz 1.0.0\n"
        "  - idna 3.7\n"
        "model\n"
        "  ~ m.bin 2c8b08da5ce6 → 27dd8ed44a83\n"
        "code\n"
        "  + \\x1b[31m.py  +1\n"
        "  - gone.py  −1\n"
        "  ~ h.py  +1 −1\n"
        "settings\n"
        "  ~ handler: h:predict → h:again\n"
        "  ~ env: A\n"
        "  + env: B\n"
        "  ~ resources.memory: 128Mi → 256Mi\n"
    )
    assert re.sub(r"[\d.]+(Ki|Mi)?", "N", sizes) == (
        "  ~ image N → N (−N)\n  ~ wheels N → N (−N)\n  ~ code N → N (+N)\n"
    )


def test_code_is_shown_line_by_line(app: App) -> None:
    assert shown(app, "1", "3", "--code").endswith(
        "\n--- a/h.py\n+++ b/h.py\n@@ -1,2 +1,2 @@\n-def predict() -> int:\n+def again() -> int:\n"
        "     return 1\n"
    )


def test_of_one_image_only_the_settings_differ(app: App) -> None:
    assert shown(app, "2", "3") == (
        "s: revision 2 (WHEN) → 3 (WHEN)\nsettings\n  ~ resources.memory: 128Mi → 256Mi\n"
    )
