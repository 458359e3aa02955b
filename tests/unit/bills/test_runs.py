"""Which run of a step made a model, and that a bill tells of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lading import bills
from lading.bills import keeping, runs
from lading.bills.circumstances import Circumstances
from lading.bills.runs import Run
from tests.unit.bills.built_image import Workshop

TRAINED = Run(
    "train",
    f"sha256:{'a' * 64}",
    f"sha256:{'b' * 64}",
    "2026-01-01T12:00:00Z",
    "2026-01-01T12:00:07Z",
)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_files_and_all_that_lies_in_folders_are_known_by_what_they_hold(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a").write_bytes(b"a")
    (folder / "link").symlink_to(folder / "deep" / "a")
    (tmp_path / "b").write_bytes(b"b")
    path = tmp_path / "kept" / "runs.json"
    runs.remember(path, [folder, tmp_path / "b", tmp_path / "nowhere"], TRAINED)
    assert runs.known(path) == {sha256(b"a"): TRAINED, sha256(b"b"): TRAINED}


def test_the_last_run_that_made_the_same_counts_and_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_MOST", 2)
    path = tmp_path / "runs.json"
    for number, name in enumerate("abac"):
        (tmp_path / name).write_text(name)
        runs.remember(path, [tmp_path / name], Run("train", f"sha256:{number}"))
    found = {digest: one.image for digest, one in runs.known(path).items()}
    assert found == {sha256(b"a"): "sha256:2", sha256(b"c"): "sha256:3"}


def test_a_damaged_file_is_read_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_text('{"a": 3')
    assert runs.known(path) == {}
    assert runs.known(tmp_path / "nothing") == {}


def test_a_bill_tells_of_the_run_that_made_a_model(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"weights")
    runs.remember(tmp_path / "runs.json", [tmp_path / "model.bin"], TRAINED)
    around = Circumstances(workshop.app, {}, tmp_path / "runs.json")
    bill = keeping.keep(workshop.store, workshop.cache, workshop.made(), around)
    assert bill is not None
    (model,) = (one for one in bill.dependencies if one["name"] == "model.bin")
    assert model == {
        "name": "model.bin",
        "digest": {"sha256": sha256(b"weights")},
        "annotations": {
            "kind": "model",
            "run": {
                "step": "train",
                "image": f"sha256:{'a' * 64}",
                "provenance": f"sha256:{'b' * 64}",
                "startedOn": "2026-01-01T12:00:00Z",
                "finishedOn": "2026-01-01T12:00:07Z",
            },
        },
    }
    assert bills.of(workshop.store, bill.subject.digest) == bill
