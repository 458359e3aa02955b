"""conda's environment.yml: Python and pip's part; the rest is refused, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.building.wheels import conda, requirements
from lading.errors import RequirementsError

HEAD = "name: ours\nchannels: [conda-forge]\ndependencies:\n"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "environment.yml"
    path.write_text(HEAD + "".join(f"  - {line}\n" for line in lines))
    return path


def test_python_and_pips_part_count(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("six\n")
    path = written(tmp_path, "python=3.11.4", "pip", "pip:\n    - numpy>=2\n    - -r more.txt")
    assert conda.read(path, path.read_text()).python == "3.11"
    assert conda.python_of(path) == "3.11"
    found = [(line.file.name, line.number, line.text) for line in requirements.lines(path)]
    assert found == [
        ("environment.yml", 7, "numpy>=2"),
        ("environment.yml", 8, "-r more.txt"),
        ("more.txt", 1, "six"),
    ]


@pytest.mark.parametrize(
    ("package", "todo"),
    [
        ("numpy=1.26", "move it below `pip:`, as numpy==1.26"),
        ("conda-forge::pandas>=2", "move it below `pip:`, as pandas>=2"),
        ("pytorch", "move it below `pip:`, as torch"),
        ("ffmpeg", "remove it, and add ffmpeg to `packages` in lading.yaml"),
        ("cudatoolkit=11.8", "remove it: packages from PyPI bring their CUDA along"),
    ],
)
def test_a_package_of_condas_is_refused_with_what_to_write(
    tmp_path: Path, package: str, todo: str
) -> None:
    path = written(tmp_path, "python=3.11", package)
    with pytest.raises(RequirementsError) as refused:
        requirements.lines(path)
    assert refused.value.where == f"{path}:5"
    assert refused.value.problem.endswith(" is a package of conda's, which no image takes")
    assert (refused.value.came, refused.value.todo) == (package, todo)


def test_a_range_of_pythons_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "python>=3.9")
    with pytest.raises(RequirementsError) as refused:
        requirements.lines(path)
    assert refused.value.expected == "one version, such as python=3.11"


@pytest.mark.parametrize("text", ["- one\n", "dependencies: 3\n", "dependencies: [\n"])
def test_what_is_no_environment_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "environment.yml"
    path.write_text(text)
    with pytest.raises(RequirementsError) as refused:
        requirements.lines(path)
    assert refused.value.problem == "is no environment"


def test_a_line_that_stands_where_it_may_not_is_said(tmp_path: Path) -> None:
    path = tmp_path / "environment.yml"
    path.write_text("dependencies:\n  - one\n - two\n")
    with pytest.raises(RequirementsError) as refused:
        requirements.lines(path)
    assert refused.value.came == "a line that stands further in, or out, than it may"
    assert refused.value.where.endswith("environment.yml:3")
