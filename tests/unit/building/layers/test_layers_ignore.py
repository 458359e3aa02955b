from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lading.building.layers.ignore import Ignored

PATHS = (
    *("a.txt", "b.txt", "data/a.txt", "data/raw/a.csv", "data/raw/deep/b.csv", "build/x"),
    *("src/build/x", "src/main.py", "src/gen/x.py", "logs/1.log", "logs/2.log", "x/logs/3.log"),
    *("#hash", "!bang", "trail ", "foo[1].txt", "foo1.txt", "deep/er/est/z.bin", "a/x/b", "a/b"),
    *("a/x/y/b", "file9", "fileA", "file-", "ab", "a]b", "q?", "qx"),
)
PATTERN_SETS = (
    ("*.txt",),
    ("/a.txt",),
    ("data/",),
    ("data/raw",),
    ("build",),
    ("/build",),
    ("*.log", "!2.log"),
    ("logs/*", "!logs/1.log"),
    ("**/logs",),
    ("logs/**",),
    ("a/**/b",),
    ("**/b",),
    ("src/*/x*",),
    ("# comment", "", "   ", "\\#hash", "\\!bang"),
    ("trail\\ ",),
    ("foo[1].txt",),
    ("foo\\[1\\].txt",),
    ("file[0-9]",),
    ("file[!0-9]",),
    ("file[[:digit:]-]",),
    ("a[]]b",),
    ("q?",),
    ("q\\?",),
    ("deep/**/*.bin", "!z.bin"),
    ("*", "!*/", "!*.py"),
    ("a*b",),
    ("data/raw/**", "!data/raw/deep/"),
    ("/*", "!/src"),
)


@pytest.mark.parametrize("patterns", PATTERN_SETS, ids=" ".join)
def test_patterns_mean_what_they_mean_to_git(tmp_path: Path, patterns: tuple[str, ...]) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git/info/exclude").write_text("\n".join(patterns) + "\n")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path)},
    ).stdout.split("\0")
    assert _kept(Ignored(patterns)) == sorted(path for path in listed if path)


def _kept(ignored: Ignored) -> list[str]:
    kept = []
    for path in PATHS:
        parts = path.split("/")
        folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
        if not any(ignored(one, True) for one in folders) and not ignored(path, False):
            kept.append(path)
    return sorted(kept)


@pytest.mark.parametrize("name", [".env", ".env.production", ".netrc", ".pypirc", "deep/.env"])
def test_secrets_stay_out_even_when_asked_for(name: str) -> None:
    assert Ignored([f"!{name}", "!.env*"])(name, False)


def test_what_tools_leave_behind_stays_out_unless_asked_for() -> None:
    assert Ignored()("node_modules", True)
    assert Ignored()("web/__pycache__", True)
    assert not Ignored(["!node_modules"])("node_modules", True)


def test_an_example_of_a_secret_is_none() -> None:
    assert not Ignored()(".env.example", False)


def test_only_the_apps_own_description_stays_out() -> None:
    assert Ignored()("lading.yaml", False)
    assert not Ignored()("templates/lading.yaml", False)


def test_a_model_asked_for_by_name_is_taken_also_from_an_ignored_folder() -> None:
    ignored = Ignored(["out/", "*.bin"], ["out/deep/model.bin", "weights"])
    assert not ignored("out", True)
    assert not ignored("out/deep", True)
    assert not ignored("out/deep/model.bin", False)
    assert ignored("out/deep/other.txt", False)
    assert ignored("out/other", True)
    assert not ignored("weights/w.bin", False)
    assert ignored("weights/.DS_Store", False)
    assert ignored("weights/.env", False)
    assert ignored("more.bin", False)
