"""What wheels bring for their developers, and what of it something else needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lading.building.layers.ignore import Patterns
from lading.building.wheels.surplus import Surplus

TESTS: Mapping[str, str] = {
    "pkg/__init__.py": "",
    "pkg/tests/__init__.py": "",
    "pkg/tests/test_a.py": "",
    "pkg/tests/data/big.csv": "",
    "pkg/sub/__init__.py": "",
}


def _left_out(folder: Path, files: Mapping[str, str], *keep: str) -> list[str]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    surplus = Surplus(list(files), folder.joinpath, Patterns(keep))
    return sorted(path for path in files if path in surplus)


def test_a_packages_own_tests_are_left_out_with_their_data(tmp_path: Path) -> None:
    assert _left_out(tmp_path, TESTS) == [
        "pkg/tests/__init__.py",
        "pkg/tests/data/big.csv",
        "pkg/tests/test_a.py",
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pkg/x.py", "from pkg.tests import test_a\n"),
        ("pkg/x.py", "from pkg.tests.test_a import something\n"),
        ("pkg/x.py", "import os, pkg.tests.test_a as t\n"),
        ("pkg/x.py", "from .tests import test_a\n"),
        ("pkg/x.py", "from . import tests\n"),
        ("pkg/x.py", "from pkg import (\n    other,\n    tests,\n)\n"),
        ("pkg/sub/x.py", "def later():\n    from ..tests import test_a\n"),
        ("pkg/sub/x.py", "from .. import tests\n"),
        ("pkg/x.py", 'importlib.import_module("pkg.tests.test_a")\n'),
        ("pkg/x.py", "importlib.import_module('.tests', __package__)\n"),
        ("other/x.py", 'files("pkg.tests") / "data"\n'),
    ],
)
def test_tests_that_something_imports_stay(tmp_path: Path, path: str, text: str) -> None:
    assert _left_out(tmp_path, {**TESTS, path: text}) == []


@pytest.mark.parametrize(
    "text",
    [
        "# the tests are in pkg.tests\n",
        '"""Run the tests of pkg by pytest."""\n',
        "from pkg.testing import tests_of\n",
        "import contests\n",
        ">>> from pkg.tests import test_a\n",
    ],
)
def test_a_mention_of_tests_is_no_import(tmp_path: Path, text: str) -> None:
    assert len(_left_out(tmp_path, {**TESTS, "pkg/x.py": text})) == 3


def test_what_only_tests_import_does_not_keep_them(tmp_path: Path) -> None:
    text = "from pkg.tests import test_a\n"
    assert "pkg/sub/tests/test_b.py" in _left_out(
        tmp_path, {**TESTS, "pkg/sub/tests/test_b.py": text}
    )


def test_a_folder_called_test_without_a_test_is_a_part_of_its_package(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/test/__init__.py": "", "pkg/test/client.py": ""}
    assert _left_out(tmp_path, files) == []


def test_other_names_that_packages_test_others_with_stay(tmp_path: Path) -> None:
    files = {f"pkg/{name}/test_x.py": "" for name in ("testing", "_testing", "test_utils")}
    assert _left_out(tmp_path, files) == []


def test_what_compiled_modules_were_made_of_is_left_out(tmp_path: Path) -> None:
    made = ("a.cpython-311-x86_64-linux-gnu.so", "a.pyx", "a.c", "b.pyx", "b.pxd", "b.cpp", "t.pxi")
    kept = ("driver.c", "include/a.h", "a.pyi", "data.npz")
    files = {f"pkg/{name}": "" for name in (*made, *kept)}
    assert _left_out(tmp_path, files) == [
        *("pkg/a.c", "pkg/a.pyx", "pkg/b.cpp", "pkg/b.pxd", "pkg/b.pyx", "pkg/t.pxi"),
    ]


def test_cython_itself_keeps_what_it_compiles_with(tmp_path: Path) -> None:
    assert _left_out(tmp_path, {"Cython/Includes/libc/math.pxd": "", "Cython/a.so": ""}) == []


def test_what_linkers_and_debuggers_read_and_manuals_are_left_out(tmp_path: Path) -> None:
    files = {
        "pkg/lib/libx.a": "",
        "pkg/x.so.debug": "",
        "share/man/man1/x.1": "",
        "share/jupyter/x": "",
    }
    assert _left_out(tmp_path, files) == ["pkg/lib/libx.a", "pkg/x.so.debug", "share/man/man1/x.1"]


def test_what_a_user_keeps_stays(tmp_path: Path) -> None:
    files = {**TESTS, "pkg/a.pyx": ""}
    assert _left_out(tmp_path, files, "pkg/tests", "*.pyx") == []
    assert _left_out(tmp_path, files, "pkg/tests/data") == [
        *("pkg/a.pyx", "pkg/tests/__init__.py", "pkg/tests/test_a.py"),
    ]
