"""Python modules of a source folder, as syntax trees."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lading.building.places import shown

_DYNAMIC = {"globals", "locals", "vars", "exec", "eval", "setattr", "delattr"}
"""A module that mentions one of these may have names that nobody can see in it."""
_REFLECTING = {"__dict__", "__annotations__", "__signature__"}
"""Attributes by which a class or a signature becomes another than is written."""


@dataclass(frozen=True)
class Module:
    """A module and its text. `name` is dotted."""

    name: str
    is_package: bool
    file: Path
    tree: ast.Module

    def where(self, line: int | None = None) -> str:
        """For an error: the file, and the line in it."""
        return f"{shown(self.file)}:{line}" if line else shown(self.file)

    def may_change(self, name: str) -> bool:
        """Whether a name may be bound by what cannot be followed."""
        return self._is_dynamic or name in self._globals

    def assigns_attribute(self, name: str) -> bool:
        """Whether it sets or deletes an attribute of that name on anything."""
        return name in self._attributes

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def _is_dynamic(self) -> bool:
        return any(map(_is_dynamic, self._nodes))

    @cached_property
    def _globals(self) -> set[str]:
        return {x for node in self._nodes if isinstance(node, ast.Global) for x in node.names}

    @cached_property
    def _attributes(self) -> set[str]:
        changing = (
            node
            for node in self._nodes
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        )
        return {node.attr for node in changing}


@dataclass(frozen=True)
class Sources:
    """Files by their path in the source folder, for a Python of `major.minor`."""

    files: Mapping[str, Path]
    python: str
    _read: dict[str, Module | None] = field(default_factory=dict, repr=False)

    def path_of(self, name: str) -> str | None:
        """Where the text of a module lies; a package comes before a file, as when importing."""
        stem = name.replace(".", "/")
        return next((x for x in (f"{stem}/__init__.py", f"{stem}.py") if x in self.files), None)

    def is_compiled(self, name: str) -> bool:
        """Whether a module is there as machine code, which comes before its text."""
        stem = name.replace(".", "/")
        return any(x.startswith(f"{stem}.") and x.endswith(".so") for x in self.files)

    def has(self, name: str) -> bool:
        """Whether a module of that name, or a folder that may be one, is in the source."""
        first = name.partition(".")[0]
        return any(x == f"{first}.py" or x.startswith(f"{first}/") for x in self.files)

    def module(self, name: str) -> Module | None:
        """None when it is not there, or its text cannot be read as that Python's."""
        if name not in self._read:
            self._read[name] = self._module(name)
        return self._read[name]

    def shadows(self, name: str) -> bool:
        """Whether `import name` surely takes what is here: a package's parts are packages too."""
        parts = name.split(".")
        above = [".".join(parts[:count]) for count in range(1, len(parts))]
        packages = all((self.path_of(one) or "").endswith("/__init__.py") for one in above)
        return packages and parts[0] not in sys.stdlib_module_names

    def _module(self, name: str) -> Module | None:
        path = self.path_of(name)
        if path is None or self.is_compiled(name):
            return None
        try:
            tree = _parsed(self.files[path].read_bytes(), self.python)
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            # Its layer reads and compiles it with the image's own Python, and says what is wrong.
            return None
        return Module(name, path.endswith("/__init__.py"), self.files[path], tree)


class OnDisk(Sources):
    """All files of a folder, looked for when they are asked for: also those that are ignored."""

    def __init__(self, folder: Path, python: str) -> None:
        super().__init__(_Folder(folder), python)
        object.__setattr__(self, "folder", folder)

    folder: Path

    def is_compiled(self, name: str) -> bool:
        stem = self.folder / name.replace(".", "/")
        return any(stem.parent.glob(f"{stem.name}.*so"))

    def has(self, name: str) -> bool:
        first = self.folder / name.partition(".")[0]
        return first.is_dir() or first.with_suffix(".py").is_file()


class _Folder(Mapping[str, Path]):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, path: str) -> Path:
        full = self._folder / path
        if not full.is_file():
            raise KeyError(path)
        return full

    def __iter__(self) -> Iterator[str]:
        return (x.relative_to(self._folder).as_posix() for x in self._folder.rglob("*"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _parsed(content: bytes, python: str) -> ast.Module:
    # Of a base that is not locked yet nobody knows the version: then the newest grammar will do.
    version = _numbers(python) if python else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content, feature_version=version)


def _is_dynamic(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _DYNAMIC
        case ast.alias(name="*"):
            return True
        case ast.Attribute(attr=name) if name in _REFLECTING:
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
            return True
    return False


def _numbers(python: str) -> tuple[int, int]:
    major, minor = (int(part) for part in python.split("."))
    return major, minor
