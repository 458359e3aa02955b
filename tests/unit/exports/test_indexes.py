"""Where pip is told to look, and what it is not told in a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lading.building.lockfile import Wheel
from lading.exports import indexes


def test_an_app_without_requirements_names_no_index() -> None:
    assert indexes.of(None).secrets == ()
    assert indexes.of(None, guarded=True).secrets == ("netrc", "pip.conf")


def test_a_password_is_left_out_and_a_variable_stays(tmp_path: Path) -> None:
    asked = tmp_path / "requirements.txt"
    asked.write_text(
        "-i https://me:s3cret@one.example.org/simple\n"
        "--extra-index-url=https://me:${OUR_TOKEN}@two.example.org/simple\n"
        "--trusted-host two.example.org\n--no-index\nnumpy\n"
    )
    found = indexes.of(asked)
    assert found.options == (
        "-i https://one.example.org/simple",
        "--extra-index-url https://me:${OUR_TOKEN}@two.example.org/simple",
        "--trusted-host two.example.org",
    )
    assert found.secrets == ("netrc", "pip.conf", "OUR_TOKEN")


def test_a_projects_indexes_are_those_of_uv(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.uv]\nextra-index-url = ['https://c.example.org']\n"
        "[[tool.uv.index]]\nurl = 'https://a.example.org'\ndefault = true\n"
        "[[tool.uv.index]]\nname = 'own'\nurl = 'https://b.example.org'\nexplicit = true\n"
    )
    expected = (
        "--index-url https://a.example.org",
        "--extra-index-url https://b.example.org",
        "--extra-index-url https://c.example.org",
    )
    assert indexes.of(tmp_path / "pyproject.toml").options == expected
    assert indexes.of(tmp_path / "uv.lock").options == expected


def test_wheels_of_a_folder_beside_the_requirements_are_found_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    name = "own-1.0-py3-none-any.whl"
    (tmp_path / "vendor" / name).write_bytes(b"a wheel")
    asked = tmp_path / "requirements.txt"
    asked.write_text("--find-links vendor\nown\n")
    found = indexes.of(asked)
    assert found.options == ()
    wheel = Wheel("own", "1.0", name, hashlib.sha256(b"a wheel").hexdigest(), 7)
    assert found.wheel(wheel) == tmp_path / "vendor" / name
    assert found.wheel(Wheel("own", "1.0", name, "b" * 64, 7)) is None
