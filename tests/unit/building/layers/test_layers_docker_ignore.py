"""Patterns of .dockerignore, held to what another implementation makes of them: docker-py's."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from lading.building.layers import docker_ignore, ignore_files, source
from lading.building.layers.ignore import Ignored
from lading.building.recipe import Environment, Recipe
from lading.errors import BuildError

PATHS = (
    *("a.txt", "b.txt", "data/a.txt", "data/raw/a.csv", "data/raw/deep/b.csv", "build/x"),
    *("src/build/x", "src/main.py", "src/gen/x.py", "logs/1.log", "logs/2.log", "x/logs/3.log"),
    *("docs/a.md", "docs/README.md", "README.md", "docs/deep/README.md", "a/x/b", "a/b", "file9"),
    *("fileA", "deep/er/est/z.bin", "tmp/keep/me", "tmp/other", "a b", "#hash"),
)
PATTERN_SETS = (
    ("*.txt",),
    ("/a.txt",),
    ("data/",),
    ("data/raw",),
    ("build",),
    ("**/build",),
    ("**/*.log", "!logs/2.log"),
    ("logs/*", "!logs/1.log"),
    ("*/*.log",),
    ("**/logs",),
    ("logs/**",),
    ("a/**/b",),
    ("**",),
    ("*", "!src"),
    ("*", "!src/main.py"),
    ("data", "!data/raw/deep"),
    ("*.md", "!README.md"),
    ("**/*.md", "!**/README.md"),
    ("docs", "!docs/README.md", "docs/deep"),
    ("tmp", "!tmp/keep"),
    ("file[0-9]",),
    ("file?",),
    ("  data/raw  ", "", "# comment"),
    ("./data/../build",),
    ("src/*/x*",),
    ("d*/ra*",),
    ("a b",),
)


def _kept(folder: Path, ignored: Ignored) -> list[str]:
    return [one.path for one in source.walk(folder, ignored) if not one.is_folder]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


@pytest.mark.parametrize("patterns", PATTERN_SETS, ids=" ".join)
def test_patterns_mean_what_they_mean_to_docker(folder: Path, patterns: tuple[str, ...]) -> None:
    rules = list(docker_ignore.rules("\n".join(patterns), "x"))
    # A file's comments and spaces are taken away by who reads it, there.
    plain = [one.strip() for one in patterns if one.strip() and not one.startswith("#")]
    normal = ["build" if one.startswith("./") else one for one in plain]
    theirs = exclude_paths(str(folder), normal, dockerfile=".dockerignore")
    kept = sorted(path for path in theirs if (folder / path).is_file())
    assert _kept(folder, Ignored(of_file=rules)) == kept


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        # docker-py looks into no folder for an exception with a wildcard; BuildKit does.
        (("**", "!**/*.py"), set(PATHS) - {"src/main.py", "src/gen/x.py"}),
        # docker-py knows `!` here and no `^`, and compares without regard to case; Go does not.
        (("file[^0-9]",), {"fileA"}),
        (("d*/r*",), {"data/raw/a.csv", "data/raw/deep/b.csv"}),
        (("data\\/raw",), {"data/raw/a.csv", "data/raw/deep/b.csv"}),
    ],
)
def test_where_docker_py_is_no_judge(
    folder: Path, patterns: tuple[str, ...], left_out: set[str]
) -> None:
    rules = list(docker_ignore.rules("\n".join(patterns), "x"))
    assert set(PATHS) - set(_kept(folder, Ignored(of_file=rules))) == left_out


def _recipe(folder: Path, *ignore: str) -> Recipe:
    return Recipe("app", "s", Environment("s", "3.11", None), folder, ignore=ignore)


def _of(folder: Path, *ignore: str) -> set[str]:
    return {one.path for one in source.of(_recipe(folder, *ignore)) if not one.is_folder}


def test_the_file_beside_the_code_is_read_and_stays_out(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!src\nsrc/gen\n")
    assert _of(folder) == {"src/build/x", "src/main.py"}


def test_ladings_own_file_is_read_in_the_place_of_dockers(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n")
    (folder / ".ladingignore").write_text("# as git has them\n*.txt\n/docs/\n!b.txt\n")
    kept = _of(folder)
    assert kept == {path for path in PATHS if path == "b.txt" or not path.endswith(".txt")} - {
        *("docs/a.md", "docs/README.md", "docs/deep/README.md"),
    }


def test_patterns_of_lading_yaml_come_last(folder: Path) -> None:
    (folder / ".dockerignore").write_text("**/*.txt\n")
    kept = _of(folder, "!a.txt", "src/")
    assert "a.txt" in kept
    assert "b.txt" not in kept
    assert not any(path.startswith("src/") for path in kept)


def test_nothing_that_holds_credentials_or_belongs_to_a_tool_comes_back(folder: Path) -> None:
    for path in (".env", "node_modules/x.js", ".aws/credentials", "src/.env"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).touch()
    (folder / "src/__pycache__").mkdir()
    (folder / "src/__pycache__/main.pyc").touch()
    (folder / ".dockerignore").write_text("*\n!**\n!.env\n!.aws/credentials\n")
    assert _of(folder) == set(PATHS)
    (folder / ".dockerignore").write_text("*\n!src\n!node_modules\n")
    kept = {"src/main.py", "src/gen/x.py", "src/build/x", "node_modules/x.js"}
    assert _of(folder) == kept


@pytest.mark.parametrize(("line", "came"), [("a[b", "a[b"), ("!", "!"), ("x\\", "x\\")])
def test_what_is_no_pattern_is_named_with_its_line(folder: Path, line: str, came: str) -> None:
    (folder / ".dockerignore").write_text(f"# first\n{line}\n")
    with pytest.raises(BuildError) as caught:
        source.of(_recipe(folder))
    assert str(caught.value) == (
        f"{folder / '.dockerignore'}:2: expected a pattern as Docker has them, got {came}; "
        "correct it, or remove the line"
    )


def test_a_file_that_is_no_text_is_named(folder: Path) -> None:
    (folder / ".ladingignore").write_bytes(b"\xff\xfe*")
    with pytest.raises(BuildError) as caught:
        ignore_files.rules(folder)
    assert str(caught.value) == (
        f"{folder / '.ladingignore'}: cannot be read: got what is not UTF-8"
    )
