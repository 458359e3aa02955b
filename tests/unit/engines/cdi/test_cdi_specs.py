"""Which devices the files of several folders describe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lading.engines.cdi.specs import read


def write(file: Path, *names: str, kind: str = "a.example/gpu") -> None:
    file.parent.mkdir(exist_ok=True)
    devices = [{"name": name, "containerEdits": {"env": [f"FROM={file.name}"]}} for name in names]
    file.write_text(json.dumps({"cdiVersion": "0.6.0", "kind": kind, "devices": devices}))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "etc", tmp_path / "run"


def test_folders_that_are_not_there_hold_nothing(folders):
    assert read(folders).devices == ()
    assert read(folders).faults == ()
    assert read(folders).folders == folders


def test_of_one_name_the_later_folder_counts(folders):
    write(folders[0] / "a.json", "0", "1")
    write(folders[1] / "b.yaml", "1", "2")
    found = {x.qualified: x.file.name for x in read(folders).devices}
    assert found == {
        "a.example/gpu=0": "a.json",
        "a.example/gpu=1": "b.yaml",
        "a.example/gpu=2": "b.yaml",
    }
    assert read(folders).faults == ()


def test_a_name_twice_in_one_folder_is_nobodys(folders):
    write(folders[0] / "a.json", "0", "1")
    write(folders[0] / "b.json", "1")
    found = read(folders)
    assert [x.qualified for x in found.devices] == ["a.example/gpu=0"]
    assert found.faults == (f"{folders[0]}/b.json: a.example/gpu=1 is in {folders[0]}/a.json too",)


def test_a_file_that_is_wrong_keeps_no_other_from_being_used(folders):
    write(folders[0] / "a.json", "0")
    (folders[0] / "b.json").write_text("{")
    (folders[0] / "c.yaml").write_bytes(b"\xff\xff")
    (folders[0] / "d.json").mkdir()
    found = read(folders)
    assert [x.qualified for x in found.devices] == ["a.example/gpu=0"]
    assert [x.partition(": ")[0] for x in found.faults] == [
        f"{folders[0]}/{name}" for name in ("b.json", "c.yaml", "d.json")
    ]
    assert found.faults[0].endswith(
        "b.json: not JSON: Expecting property name enclosed in "
        "double quotes: line 1 column 2 (char 1)"
    )
    assert found.faults[2].endswith("d.json: is a directory")


def test_other_files_are_not_looked_at(folders):
    write(folders[0] / "a.json", "0")
    for name in ("b.yml", "c.json.bak", "README"):
        (folders[0] / name).write_text("{")
    assert (len(read(folders).devices), read(folders).faults) == (1, ())
