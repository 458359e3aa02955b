from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lading.building.layers.entry import Entry
from lading.building.lockfile import Wheel
from lading.building.wheels import install
from lading.building.wheels.installed_tree import Place
from lading.errors import BuildError
from tests.unit.building.layers.conftest import LOCKED

SITE = "usr/local/lib/python3.11/dist-packages"
PLACE = Place(SITE, "/usr/bin/python3.11")
LOCK = replace(LOCKED, python="3.11")


def _wheel(folder: Path, name: str, files: Mapping[str, bytes]) -> Wheel:
    """A wheel made by hand (binary distribution format 1.0)."""
    info = f"{name}-1.0.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = "".join(f"{path},{_record(content)}\n" for path, content in whole.items())
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_, content in {
            **whole,
            f"{info}/RECORD": f"{rows}{info}/RECORD,,\n".encode(),
        }.items():
            archive.writestr(zipfile.ZipInfo(name_), content)
    return Wheel(name, "1.0", path.name, hashlib.sha256(path.read_bytes()).hexdigest(), 0)


def _record(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(content)}"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that uv takes wheels from, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    return folder


def _installed(tmp_path: Path, *wheels: Wheel) -> dict[str, tuple[int, bytes]]:
    asked = tmp_path / "requirements.txt"
    asked.touch()
    with install.installed(wheels, LOCK, PLACE, tmp_path / "cache", asked) as entries:
        return {one.path: (one.mode, _bytes(one)) for one in entries}


def _bytes(entry: Entry) -> bytes:
    return entry.content if isinstance(entry.content, bytes) else entry.content.read_bytes()


TOOL = {
    "tool/__init__.py": b"def main(): ...\n",
    "tool-1.0.dist-info/entry_points.txt": b"[console_scripts]\ntool = tool:main\n",
    "tool-1.0.data/scripts/tool-old": b"#!python\nprint(1)\n",
    "tool-1.0.data/data/share/tool/x.txt": b"x",
}


def test_nothing_tells_of_the_machine_that_installed(tmp_path: Path, index: Path) -> None:
    files = _installed(tmp_path, _wheel(index, "tool", TOOL))
    assert sorted(files) == [
        "usr/local/bin/tool",
        "usr/local/bin/tool-old",
        f"{SITE}/tool-1.0.dist-info/METADATA",
        f"{SITE}/tool-1.0.dist-info/RECORD",
        f"{SITE}/tool-1.0.dist-info/WHEEL",
        f"{SITE}/tool-1.0.dist-info/entry_points.txt",
        f"{SITE}/tool/__init__.py",
        "usr/local/share/tool/x.txt",
    ]
    assert not any(str(tmp_path).encode() in content for _, content in files.values())


def test_scripts_start_the_images_python(tmp_path: Path, index: Path) -> None:
    files = _installed(tmp_path, _wheel(index, "tool", TOOL))
    assert files["usr/local/bin/tool-old"] == (0o755, b"#!/usr/bin/python3.11\nprint(1)\n")
    assert files["usr/local/bin/tool"] == (
        0o755,
        b"#!/usr/bin/python3.11\nimport sys\nfrom tool import main\nsys.exit(main())\n",
    )


def test_a_record_matches_what_is_there(tmp_path: Path, index: Path) -> None:
    files = _installed(tmp_path, _wheel(index, "tool", TOOL))
    _, record = files[f"{SITE}/tool-1.0.dist-info/RECORD"]
    rows = dict(line.split(",", 1) for line in record.decode().splitlines())
    assert rows.pop("tool-1.0.dist-info/RECORD") == ","
    named = {os.path.normpath(f"{SITE}/{path}"): rest for path, rest in rows.items()}
    assert named == {
        path: _record(content) for path, (_, content) in files.items() if "RECORD" not in path
    }


def test_of_two_wheels_with_one_file_the_later_wins(tmp_path: Path, index: Path) -> None:
    first = _wheel(index, "aa", {"shared/__init__.py": b"first = 1\n"})
    second = _wheel(index, "bb", {"shared/__init__.py": b"second = 2\n"})
    path = f"{SITE}/shared/__init__.py"
    assert _installed(tmp_path, first, second)[path][1] == b"second = 2\n"
    assert _installed(tmp_path, second, first)[path][1] == b"first = 1\n"


def test_a_wheel_of_another_hash_is_refused(tmp_path: Path, index: Path) -> None:
    wheel = replace(_wheel(index, "tool", TOOL), sha256="0" * 64)
    with pytest.raises(BuildError) as caught:
        _installed(tmp_path, wheel)
    text = str(caught.value)
    assert text.startswith("tool 1.0: cannot be installed: got ")
    assert "ash" in caught.value.came
    assert str(tmp_path / "cache") not in text


def test_nothing_is_left_behind(tmp_path: Path, index: Path) -> None:
    _installed(tmp_path, _wheel(index, "tool", TOOL))
    assert list((tmp_path / "cache/unpacked").iterdir()) == []


def test_what_the_user_set_for_uv_does_not_change_what_is_installed(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = _wheel(index, "tool", TOOL)
    plain = _installed(tmp_path, wheel)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("tool<1\n")
    monkeypatch.setenv("UV_CONSTRAINT", str(constraints))
    monkeypatch.setenv("UV_COMPILE_BYTECODE", "1")
    monkeypatch.setenv("UV_LINK_MODE", "symlink")
    assert _installed(tmp_path, wheel) == plain


@pytest.fixture
def own_index(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that only a project's own files name."""
    monkeypatch.delenv("UV_FIND_LINKS")
    monkeypatch.delenv("UV_NO_INDEX")
    return index


def test_an_index_that_the_requirements_name_is_asked(tmp_path: Path, own_index: Path) -> None:
    asked = tmp_path / "requirements.txt"
    asked.write_text("--no-index\n-r more.txt\ntool\n")
    (tmp_path / "more.txt").write_text("--find-links=index  # beside this file\n")
    assert f"{SITE}/tool/__init__.py" in _installed(tmp_path, _wheel(own_index, "tool", TOOL))


def test_an_index_that_a_project_keeps_for_some_packages_is_asked(
    tmp_path: Path, own_index: Path
) -> None:
    wheel = _wheel(own_index, "tool", TOOL)
    page = own_index / "tool"
    page.mkdir()
    (page / "index.html").write_text(f'<a href="../{wheel.filename}">{wheel.filename}</a>')
    asked = tmp_path / "pyproject.toml"
    asked.write_text(
        f'[[tool.uv.index]]\nname = "own"\nurl = "{own_index.as_uri()}"\nexplicit = true\n'
        '[[tool.uv.index]]\nname = "none"\nurl = "file:///nowhere"\ndefault = true\n'
    )
    with install.installed([wheel], LOCK, PLACE, tmp_path / "cache", asked) as entries:
        assert f"{SITE}/tool/__init__.py" in {one.path for one in entries}


def test_record_tells_what_is_there_and_not_what_was_left_out(tmp_path: Path, index: Path) -> None:
    files = {"one/__init__.py": b"", "one/tests/test_a.py": b"", "one/a.pyx": b""}
    wheel = _wheel(index, "one", files)
    asked = tmp_path / "requirements.txt"
    asked.write_text("one\n")
    with install.installed([wheel], LOCK, PLACE, tmp_path / "cache", asked) as entries:
        found = {one.path: one for one in entries}
        record = found[f"{SITE}/one-1.0.dist-info/RECORD"].content
    assert isinstance(record, bytes)
    listed = {f"{SITE}/{row.split(',')[0]}" for row in record.decode().splitlines()}
    assert listed == set(found)
    assert f"{SITE}/one/__init__.py" in found
    assert f"{SITE}/one/tests/test_a.py" not in found
    assert f"{SITE}/one/a.pyx" not in found
    with install.installed(
        [wheel], LOCK, replace(PLACE, keep=("one/tests",)), tmp_path / "cache", asked
    ) as entries:
        assert f"{SITE}/one/tests/test_a.py" in {one.path for one in entries}
