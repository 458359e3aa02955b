"""A conda environment.yml, as far as it asks for Python and for what pip would bring.

No package of conda's is taken: who asks for one is told where else it is. Source of the format:
https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lading.building.places import shown
from lading.errors import RequirementsError

NAMES = ("environment.yml", "environment.yaml")
_SPEC = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)$")
_ACCEPTED = {"pip", "setuptools", "wheel", "ca-certificates", "openssl"}
"""What every image has, or no image needs."""
_SYSTEM: Mapping[str, str] = {
    "blas": "libblas3",
    "cairo": "libcairo2",
    "ffmpeg": "ffmpeg",
    "freetype": "libfreetype6",
    "gdal": "gdal-bin",
    "geos": "libgeos-c1v5",
    "git": "git",
    "graphviz": "graphviz",
    "hdf5": "libhdf5-103-1",
    "imagemagick": "imagemagick",
    "libgcc": "libgcc-s1",
    "libsndfile": "libsndfile1",
    "libxml2": "libxml2",
    "nodejs": "nodejs",
    "openjdk": "default-jre-headless",
    "pandoc": "pandoc",
    "poppler": "poppler-utils",
    "sox": "sox",
    "tesseract": "tesseract-ocr",
    "wget": "wget",
    "curl": "curl",
}
"""Debian packages by conda's name of what is no Python package."""
_PYPI: Mapping[str, str] = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "opencv": "opencv-python-headless",
    "py-opencv": "opencv-python-headless",
    "tensorflow-gpu": "tensorflow",
    "py-xgboost": "xgboost",
    "matplotlib-base": "matplotlib",
    "dask-core": "dask",
    "pytables": "tables",
    "msgpack-python": "msgpack",
    "faiss-cpu": "faiss-cpu",
    "python-graphviz": "graphviz",
    "huggingface_hub": "huggingface-hub",
}
"""PyPI's names that are others than conda's."""
_PYTHON = re.compile(r"^\s*-\s*[\"']?(?:[\w.-]+::)?python\s*[=~]{1,2}\s*(\d+\.\d+)", re.MULTILINE)
_CUDA = re.compile(r"cuda|cudnn|nccl")


@dataclass(frozen=True)
class Asked:
    """A requirement for pip, and the line it stands in, from 1."""

    number: int
    text: str


@dataclass(frozen=True)
class Conda:
    """What an environment.yml asks for."""

    python: str
    """`major.minor`; empty where it does not say."""
    pip: tuple[Asked, ...]


def is_one(path: Path) -> bool:
    """Whether a file of requirements is conda's, by its name."""
    return path.suffix in (".yml", ".yaml")


def python_of(path: Path) -> str:
    """The Python, `major.minor`, that an environment.yml asks for, as far as a glance tells.

    Empty for all other files, and for what only `read` would refuse.
    """
    if not is_one(path):
        return ""
    try:
        found = _PYTHON.search(path.read_text())
    except (OSError, UnicodeDecodeError):
        return ""
    return found[1] if found else ""


def read(path: Path, text: str) -> Conda:
    """Raises RequirementsError for what is no environment, and for packages of conda's own."""
    document = _document(path, text)
    dependencies = document.get("dependencies", [])
    if not isinstance(dependencies, list):
        raise _refused(path, 0, "a list of `dependencies`", repr(dependencies))
    python, pip, packages = "", list[Asked](), list[RequirementsError]()
    for one in dependencies:
        if isinstance(one, dict) and set(one) == {"pip"} and isinstance(one["pip"], list):
            pip += _numbered(text, one["pip"])
        elif not isinstance(one, str) or not (spec := _SPEC.match(one)):
            raise _refused(
                path, _line(text, str(one)), "a package, or `pip:` with a list", repr(one)
            )
        elif spec["name"] == "python":
            python = _python(path, text, one, spec["rest"])
        elif spec["name"].lower() not in _ACCEPTED:
            packages.append(_package(path, text, one, spec))
    if packages:
        first, *others = packages
        also = ", ".join(one.came for one in others)
        first.todo += f"; and so with {also}" if also else ""
        raise first
    return Conda(python, tuple(pip))


def _document(path: Path, text: str) -> dict[str, Any]:
    # Imported where there is one to read: 15 ms.
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = mark.line + 1 if mark else 0
        said = getattr(error, "problem", "") or "something else"
        came = "a line that stands further in, or out, than it may" if "<block" in said else said
        raise _refused(path, number, "YAML", came) from None
    if not isinstance(document, dict):
        raise _refused(path, 1, "a conda environment with `dependencies`", "something else")
    return document


def _numbered(text: str, requirements: list[Any]) -> Iterator[Asked]:
    return (Asked(_line(text, str(one)), str(one)) for one in requirements)


def _line(text: str, wanted: str) -> int:
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if wanted in line), 0)


def _python(path: Path, text: str, one: str, rest: str) -> str:
    found = re.fullmatch(r"[=~]{0,2}\s*(\d+\.\d+)(?:\.\d+|\.\*|\*)?(?:=.*)?", rest.strip())
    if rest.strip() and not found:
        raise _refused(path, _line(text, one), "one version, such as python=3.11", one)
    return found[1] if found else ""


def _package(path: Path, text: str, one: str, spec: re.Match[str]) -> RequirementsError:
    name, wanted = spec["name"], re.sub(r"\s+", "", spec["rest"])
    version = re.match(r"=?=?([\d.]+)(?:=.*)?$", wanted)
    pinned = f"=={version[1].rstrip('.')}" if version else wanted if "=" in wanted else ""
    if debian := _SYSTEM.get(name.lower()):
        todo = f"remove it, and add {debian} to `packages` in lading.yaml"
    elif _CUDA.search(name.lower()):
        todo = "remove it: packages from PyPI bring their CUDA along"
    else:
        todo = f"move it below `pip:`, as {_PYPI.get(name.lower(), name)}{pinned}"
    return RequirementsError(
        f"{name} is a package of conda's, which no image takes",
        where=f"{shown(path)}:{_line(text, one)}",
        came=one,
        todo=todo,
    )


def _refused(path: Path, number: int, expected: str, came: str) -> RequirementsError:
    where = f"{shown(path)}:{number}" if number else shown(path)
    return RequirementsError("is no environment", where, expected=expected, came=came)
