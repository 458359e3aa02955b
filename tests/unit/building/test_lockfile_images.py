"""Images of others in a lock."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from lading.building import fingerprint, lockfile
from lading.building.base_image import BaseImage
from lading.building.lockfile import Lock, LockedEnvironment
from lading.building.recipe import Environment

BASE = BaseImage(
    reference="python:3.12-slim",
    digest="sha256:" + "a" * 64,
    env=("PATH=/usr/local/bin", "LANG=C.UTF-8"),
    python="/usr/local/bin/python3",
    program="/usr/local/bin/python3.12",
    home="/usr/local",
    site="/usr/local/lib/python3.12/site-packages",
    glibc="2.36",
)


def locked(image: BaseImage | None = BASE, inputs: str = "") -> LockedEnvironment:
    return LockedEnvironment("3.12", "bookworm", "linux/amd64", inputs, (), (), (), (), image)


def test_an_image_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock({"ocr": {"linux/amd64": locked()}, "web": {"linux/amd64": locked(None)}})
    lockfile.write(tmp_path / "lading.lock", lock)
    assert lockfile.read(tmp_path / "lading.lock") == lock


def test_a_lock_of_before_there_were_images_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lading.lock"
    lockfile.write(path, Lock({"ocr": {"linux/amd64": locked(None)}}))
    text = re.sub(r',\n +"image": null', "", path.read_text()).replace('"lading": 2', '"lading": 1')
    bare = re.sub(r'"digest": "[^"]*"', '"digest": ""', text, count=1)
    digest = hashlib.sha256(bare.encode()).hexdigest()
    path.write_text(bare.replace('"digest": ""', f'"digest": "{digest}"', 1))
    assert lockfile.read(path).environments["ocr"]["linux/amd64"] == locked(None)


def test_wheels_go_beside_the_images_own_and_are_started_by_its_python() -> None:
    assert (locked().interpreter, locked().site) == ("/usr/local/bin/python3", "/opt/lading/site")
    assert locked(None).site == "/usr/local/lib/python3.12/dist-packages"


def test_another_image_or_none_is_a_reason_to_lock_anew() -> None:
    asked = Environment("ocr", "", None, base="python:3.12-slim")
    before = locked(inputs=fingerprint.inputs(asked))
    assert lockfile.is_stale(asked, before) is None
    assert lockfile.is_stale(replace(asked, base="python:3.13-slim"), before) == (
        "`base` changed from python:3.12-slim to python:3.13-slim"
    )
    assert lockfile.is_stale(replace(asked, base="", python="3.11"), before) == (
        "`base` changed from python:3.12-slim to none"
    )
    assert lockfile.is_stale(replace(asked, python="3.11"), before) == (
        "python changed from 3.12 to 3.11"
    )
