"""examples/translator: services in their own environments and languages, answering as one app."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.conftest import ROOT, App, free_port, until

EXAMPLE = ROOT / "examples" / "translator"
IMAGES = EXAMPLE / "images"
TRAIN = IMAGES / "train.jpg"
TRAIN_TEXT = """\
El último tren para la ciudad
sale a las diez de la noche.
Los billetes se venden en la
estación y en el tren."""
LEAST_FOUND = 0.95
MOST_ERRORS = {"first": 0.03, "second": 0.01}
"""Of the characters: read with all languages' models, and with the one that was found."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app") / "translator"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("lading.lock", "made"))
    app = App(folder, free_port())
    app.change("port: 8080", f"port: {app.port}")
    app.up()
    yield app
    app.lading("down")


def translated(app: App, picture: Path, **fields: str) -> Any:
    files = {"image": picture.read_bytes()}
    answer = httpx.post(
        app.url("translator"), files=files, data=fields, timeout=60, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_photograph_is_read_recognized_and_translated(app: App) -> None:
    answer = translated(app, TRAIN, to="en")
    assert (answer["text"], answer["language"]) == (TRAIN_TEXT, "es")
    assert answer["translation"].startswith("The last train for the city")
    assert answer["pairs"] == ["translate-es-en"]
    assert answer["missing"] == []
    stages = answer["stages"]
    assert [x["service"] for x in stages] == ["ocr", "detect", "ocr", "translate-es-en"]
    assert all(0 < x["milliseconds"] < 30_000 for x in stages)


def test_a_pair_that_does_not_exist_is_bridged_by_two_that_do(app: App) -> None:
    answer = translated(app, IMAGES / "bread.jpg", to="en")
    assert answer["text"] == "Du pain frais tous les matins"
    assert answer["pairs"] == ["translate-fr-es", "translate-es-en"]
    assert "bread" in answer["translation"].lower()
    assert answer["missing"] == []


def test_where_no_pair_leads_the_answer_says_so_and_has_what_was_read(app: App) -> None:
    answer = translated(app, IMAGES / "fountain.jpg", to="en")
    assert answer["text"] == "Das Wasser dieses Brunnens ist\nkein Trinkwasser."
    assert (answer["language"], answer["translation"]) == ("de", None)
    reason = "there is no such service"
    assert answer["missing"] == [
        {"service": "translate-de-en", "reason": reason},
        {"service": "translate-de-es", "reason": reason},
    ]


def test_a_pair_whose_container_was_killed_is_waited_for(app: App) -> None:
    before = app.replica("translate-es-en")["pid"]
    os.kill(before, signal.SIGKILL)
    assert translated(app, TRAIN, to="en")["pairs"] == ["translate-es-en"]
    until(lambda: app.replica("translate-es-en")["pid"] not in (None, before))


def test_dictionaries_stay_loaded_and_come_back_when_a_program_ends(app: App) -> None:
    url = app.url("translate-en-es")

    def translation(text: str) -> str:
        answer = httpx.post(url, json={"texts": [text]}, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        (said,) = answer.json()
        return str(said)

    assert translation("The house [of] <John>") == "La casa [de] <John>"
    programs = descendants(app.replica("translate-en-es")["pid"], "lt-proc")
    assert len(programs) == 4
    assert translation("the houses") == "Las casas"
    assert descendants(app.replica("translate-en-es")["pid"], "lt-proc") == programs
    os.kill(programs[1], signal.SIGKILL)
    assert translation("the houses") == "Las casas"


def test_node_draws_the_translation_over_the_picture(app: App) -> None:
    url = f"http://127.0.0.1:{app.port}/render/svg"
    drawn = httpx.post(
        url, params={"to": "en"}, content=TRAIN.read_bytes(), timeout=60, trust_env=False
    )
    assert drawn.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert "The last train for the city" in drawn.text
    assert 'href="data:image/jpeg;base64,' in drawn.text
    files = {"image": (IMAGES / "fountain.jpg").read_bytes()}
    form = httpx.post(url, files=files, data={"to": "fr"}, timeout=60, trust_env=False)
    assert "Not translated from de to fr." in form.text
    page = httpx.get(f"http://127.0.0.1:{app.port}/render/", trust_env=False).text
    assert 'action="/render/svg"' in page


def test_what_is_no_picture_is_refused_by_name(app: App) -> None:
    url = f"http://127.0.0.1:{app.port}/ocr/predict"
    answer = httpx.post(url, files={"image": b"GIF, it says"}, trust_env=False)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "image"


def test_two_services_have_versions_that_no_environment_can_hold_together(app: App) -> None:
    assert numpy_of(app, "ocr") == ("3.11", "1")
    assert numpy_of(app, "detect") == ("3.13", "2")
    needs = [EXAMPLE / "services" / x / "requirements.txt" for x in ("ocr", "detect")]
    uv = Path(sys.executable).with_name("uv")
    together = subprocess.run(
        [uv, "pip", "compile", "--python-version", "3.11", *needs],
        capture_output=True,
        text=True,
        check=False,
    )
    assert together.returncode == 1
    assert "requirements are unsatisfiable" in " ".join(together.stderr.split())
    assert "numpy" in together.stderr


def test_each_pair_has_its_own_dictionaries_alone(app: App) -> None:
    pairs = {"translate-fr-es": "apertium-fr-es", "translate-en-es": "apertium-eng-spa"}
    for service, package in pairs.items():
        names = {x["name"] for x in locked(app, service)["packages"]}
        assert package in names
        assert not (set(pairs.values()) - {package}) & names


def test_pictures_of_all_languages_are_read_within_the_bounds(app: App) -> None:
    app.ok("run", "pictures")
    spec = importlib.util.spec_from_file_location("evaluate", app.folder / "evaluate.py")
    assert spec is not None and spec.loader is not None
    evaluate = importlib.util.module_from_spec(spec)
    sys.modules["evaluate"] = evaluate  # dataclasses look their module up
    spec.loader.exec_module(evaluate)
    scores = evaluate.evaluate(f"http://127.0.0.1:{app.port}")
    said = evaluate.table(scores)
    assert scores["all"].pictures == 40
    for reading, most in MOST_ERRORS.items():
        assert scores["all"].error_rate(reading) <= most, said
    assert scores["all"].accuracy >= LEAST_FOUND, said


def descendants(pid: int, name: str) -> list[int]:
    """The processes of this name below another."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if Path(f"/proc/{child}/comm").read_text().strip() == name:
            found.append(int(child))
        found += descendants(int(child), name)
    return found


def locked(app: App, service: str) -> Any:
    """What was locked of a service for the platform of this machine, the only one there is."""
    written = json.loads((app.folder / "lading.lock").read_text())
    (found,) = written["environments"][service].values()
    return found


def numpy_of(app: App, service: str) -> tuple[str, str]:
    """The Python, and the first part of numpy's version."""
    found = locked(app, service)
    (version,) = (x["version"] for x in found["wheels"] if x["name"] == "numpy")
    return found["python"], version.partition(".")[0]
