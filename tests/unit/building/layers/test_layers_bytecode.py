from __future__ import annotations

import importlib.util
import marshal
import platform
import random
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from lading.building.layers import bytecode
from lading.building.layers.entry import Entry, file
from lading.building.layers.interpreter import Interpreter
from lading.errors import BuildError
from tests.unit.building.layers.conftest import LOCKED, OwnPython

TAG = f"cpython-{sys.version_info.major}{sys.version_info.minor}"


def _library() -> list[Entry]:
    """Real sources in number: what marshal writes depends on more than one file shows."""
    root = Path(sysconfig.get_path("stdlib"))
    names = [*root.glob("*.py"), *root.glob("asyncio/*.py"), *root.glob("email/*.py")]
    return [file(f"usr/lib/{path.relative_to(root)}", path) for path in names]


def test_bytes_depend_on_neither_order_nor_folder(own_python: OwnPython, tmp_path: Path) -> None:
    entries = _library()
    elsewhere = [file(one.path, Path(one.content).read_bytes()) for one in entries]  # type: ignore[arg-type]
    random.Random(1).shuffle(elsewhere)
    again = OwnPython(LOCKED, tmp_path / "other", list)
    assert bytecode.compiled(entries, own_python) == bytecode.compiled(elsewhere, again)


def test_a_file_compiles_alike_alone_and_among_others(own_python: OwnPython) -> None:
    entries = sorted(_library(), key=lambda one: one.path)
    among = {one.path: one for one in bytecode.compiled(entries, own_python)}
    for entry in entries[::20]:
        [alone] = bytecode.compiled([entry], own_python)
        assert alone == among[alone.path]


def test_python_takes_the_bytecode_and_knows_the_path_in_the_image(own_python: OwnPython) -> None:
    source = b"def f():\n    return 1\n"
    [pyc] = bytecode.compiled([file("app/pkg/m.py", source)], own_python)
    assert pyc.path == f"app/pkg/__pycache__/m.{TAG}.pyc"
    assert isinstance(pyc.content, bytes)
    assert pyc.content[:4] == importlib.util.MAGIC_NUMBER
    assert pyc.content[4:8] == b"\1\0\0\0"
    assert pyc.content[8:16] == importlib.util.source_hash(source)
    assert marshal.loads(pyc.content[16:]).co_filename == "/app/pkg/m.py"


def test_what_does_not_compile_is_told_and_passed_over(own_python: OwnPython) -> None:
    told = []
    entries = [file("a.py", b"x = 1\ndef (\n"), file("b.py", b"x = 1\n"), file("c.py", b"\0")]
    made = bytecode.compiled(
        entries, own_python, lambda one, line, why: told.append((one.path, line, why))
    )
    assert [one.path for one in made] == [f"__pycache__/b.{TAG}.pyc"]
    assert told[0] == ("a.py", 2, "invalid syntax")
    assert [path for path, _, _ in told] == ["a.py", "c.py"]


def test_tests_of_packages_are_left_uncompiled() -> None:
    paths = ["s/numpy/a.py", "s/numpy/tests/b.py", "s/numpy/test/c.py", "s/tests.py"]
    kept = bytecode.without_tests([file(path, b"") for path in paths], "s/")
    assert [one.path for one in kept] == ["s/numpy/a.py", "s/tests.py"]


def test_an_interpreter_that_cannot_run_says_why(
    own_python: OwnPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no libz.so.1')\n")
    monkeypatch.setattr(bytecode, "_PROGRAM", broken)
    with pytest.raises(BuildError) as caught:
        bytecode.compiled([file("a.py", b"")], own_python)
    assert str(caught.value) == (
        f"Python {LOCKED.python}: the image's Python cannot run on this machine: "
        f"got no libz.so.1; delete {tmp_path / 'cache/interpreters'} and build again, "
        "with LADING_HOME on a disk that programs may run from"
    )


def test_an_image_of_another_architecture_is_refused(tmp_path: Path) -> None:
    foreign = Interpreter(replace(LOCKED, platform="linux/s390x"), tmp_path, list)
    with pytest.raises(BuildError) as caught:
        bytecode.compiled([file("a.py", b"")], foreign)
    assert str(caught.value) == (
        "an image for linux/s390x cannot be built on this machine: expected amd64 or arm64, "
        f"got {platform.machine()}; build it on a machine of that architecture, or lock for "
        "this one as well"
    )


def test_a_disk_that_programs_may_not_run_from_is_said(tmp_path: Path) -> None:
    interpreter = Interpreter(LOCKED, tmp_path, list)  # of a base without files
    with pytest.raises(BuildError) as caught:
        bytecode.compiled([file("a.py", b"")], interpreter)
    assert caught.value.came == "no such file or directory"
    assert caught.value.problem == "the image's Python cannot run on this machine"
