"""What wheels bring for those who develop them, and no image needs.

Their tests, unless something beside them imports these; what compiled modules were made of; what
linkers and debuggers read; manuals. Each rule was tried by importing every module of 90 packages
before and after (docs/decisions/0045). Source files of Python, stubs, headers and data stay: some
packages read them when they run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lading.building.layers.ignore import Patterns

_TESTS = frozenset({"test", "tests"})
_IS_TEST = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")
_CYTHON = (".pyx", ".pxd", ".pxi", ".pyx.in", ".pxd.in", ".pxi.in", ".pyx.tp", ".pxd.tp")
_CYTHONS_OWN = "Cython"
_GENERATED = (".c", ".cpp", ".cxx", ".cc")
_FOR_TOOLS = (".a", ".lib", ".la", ".pdb", ".debug")
_MANUALS = ("share/man/", "share/doc/", "share/info/")
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    rb"|import[ \t]+(?P<modules>[^\n#]+))",
    re.MULTILINE,
)
_TEXT = re.compile(rb"[\"'](?P<dotted>\.*(?:\w+\.)*tests?(?:\.\w+)*)[\"']")
_WORD = re.compile(rb"test(?<![\w]test)s?\b")
"""The word alone. It begins with its letters so that `re` finds it at the speed of a search."""
_LINE = re.compile(rb"\b(?:import|from)\b|[\"'][\w.]*\btests?\b[\w.]*[\"']|^[ \t]*tests?[,)\s]*$")
"""Of lines with that word, those that may import it or name it in a text."""


@dataclass(frozen=True)
class Surplus:
    """Of the files that wheels put into a folder, those that stay out of images.

    `paths` are relative to it, with slashes, and `full` says where one lies. `keep` is asked for
    what a user wants all the same.
    """

    paths: Collection[str]
    full: Callable[[str], Path]
    keep: Patterns

    def __contains__(self, path: str) -> bool:
        if path in self._kept:
            return False
        return self._is_a_test(path) or self._is_for_tools(path)

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(path for path in self.paths if self._is_kept(path))

    def _is_kept(self, path: str) -> bool:
        return self.keep(path, False) or any(self.keep(one, True) for one in _above(path))

    def _is_a_test(self, path: str) -> bool:
        folder = _tests_folder(path)
        return bool(folder) and folder in self._needless

    def _is_for_tools(self, path: str) -> bool:
        if path.startswith(_MANUALS) or path.endswith(_FOR_TOOLS):
            return True
        if path.endswith(_CYTHON):
            return not path.startswith(f"{_CYTHONS_OWN}/")
        return path.endswith(_GENERATED) and path.rpartition(".")[0] in self._compiled

    @cached_property
    def _compiled(self) -> frozenset[str]:
        """Compiled modules and their sources, less what stands behind the first dot."""
        found = set()
        for path in self.paths:
            folder, slash, name = path.rpartition("/")
            if name.endswith((".so", ".pyx")):
                found.add(f"{folder}{slash}{name.partition('.')[0]}")
        return frozenset(found)

    @cached_property
    def _needless(self) -> frozenset[str]:
        """Folders of tests that nothing outside of them imports."""
        folders: dict[str, bool] = {}
        for path in self.paths:
            if folder := _tests_folder(path):
                has_one = _IS_TEST.fullmatch(path.rpartition("/")[2]) is not None
                folders[folder] = folders.get(folder, False) or has_one
        candidates = {folder for folder, has_one in folders.items() if has_one}
        return frozenset(candidates - self._imported(candidates))

    def _imported(self, folders: set[str]) -> set[str]:
        by_module = {folder.replace("/", "."): folder for folder in folders}
        found = set()
        for path in self.paths:
            if path.endswith((".py", ".pyi")) and not _tests_folder(path):
                content = self.full(path).read_bytes()
                if any(map(_LINE.search, _lines(content))):
                    found |= _named(content, path, by_module)
        return found


def _lines(content: bytes) -> Iterator[bytes]:
    """Lines with the word `test` or `tests`."""
    for match in _WORD.finditer(content):
        end = content.find(b"\n", match.end())
        yield content[content.rfind(b"\n", 0, match.start()) + 1 : end if end >= 0 else None]


def _named(content: bytes, path: str, by_module: Mapping[str, str]) -> set[str]:
    """Which of some modules a file imports, or names in a text."""
    found = set()
    for name in _dotted(content, path):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            if folder := by_module.get(".".join(parts[:count])):
                found.add(folder)
    return found


def _dotted(content: bytes, path: str) -> Iterator[str]:
    package = path.rpartition("/")[0].replace("/", ".")
    for match in _IMPORT.finditer(content):
        if match["modules"]:
            for one in match["modules"].decode(errors="replace").split(","):
                yield one.split()[0] if one.split() else ""
        else:
            module = _absolute(match["module"].decode(), package)
            for name in re.findall(r"\w+", match["names"].decode(errors="replace")):
                yield f"{module}.{name}".lstrip(".")
    for match in _TEXT.finditer(content):
        name = match["dotted"].decode()
        # A bare "tests" may be anything, as may the name of a folder beside the file.
        yield _absolute(name, package) if name.startswith(".") else name


def _absolute(module: str, package: str) -> str:
    """`..x` in the package `a.b` is `a.x`."""
    name = module.lstrip(".")
    dots = len(module) - len(name)
    if not dots:
        return module
    parts = package.split(".")
    above = parts[: len(parts) - dots + 1]
    return ".".join([*above, name] if name else above)


def _tests_folder(path: str) -> str:
    """The uppermost folder of tests that a path is in; empty where it is in none."""
    parts = path.split("/")[:-1]
    for at, part in enumerate(parts):
        if part in _TESTS:
            return "/".join(parts[: at + 1])
    return ""


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
