"""Which environment each service and step has: one of its own, or one it shares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lading.building.recipe import Environment, ServedModel
from lading.building.wheels import conda
from lading.errors import SettingsError
from lading.settings import mlflow_model
from lading.settings.compounds import Section
from lading.settings.faults import Faults, nearest
from lading.settings.keys import BASE_PYTHONS, PYTHONS
from lading.settings.mlflow_model import Saved

DEFAULT_PYTHON = "3.11"
_OWN = ("base", "python", "requirements", "packages", "build_packages")


@dataclass(frozen=True)
class Resolver:
    """Looks at the disk for sources and requirements."""

    folder: Path
    services: Mapping[str, Section]
    steps: Mapping[str, Section]
    faults: Faults
    sources: bool = True
    """Whether sources are looked at: without, nothing is said of what is in them."""

    def all(self) -> dict[str, Environment]:
        """The environment of each service and step, by its name."""
        parts = {**self.services, **self.steps}
        own = {name: self._own(name, x) for name, x in parts.items()}
        return {name: self._shared(parts, x, own) or own[name] for name, x in parts.items()}

    def _own(self, name: str, written: Section) -> Environment:
        if written.has("image"):
            image: str = written.get("image", "")
            return Environment(name, "", None, base=image, foreign=True)
        source = self._source(written) if self.sources else None
        saved = self._saved(written) if source else Saved()
        requirements = saved.requirements or self._requirements(written, source)
        return Environment(
            name,
            self._of_conda(written, requirements) or self._python(written, saved),
            requirements,
            tuple(dict.fromkeys(written.get("packages", ()))),
            _served(written),
            written.get("base", ""),
            build_packages=tuple(dict.fromkeys(written.get("build_packages", ()))),
        )

    def _saved(self, written: Section) -> Saved:
        """What an MLflow model brings, unless the service has requirements of its own."""
        served = _served(written)
        if served is None or served.flavour != "mlflow" or written.has("requirements"):
            return Saved()
        return mlflow_model.read(self.folder, Path(written.get("source", "."), served.path))

    def _of_conda(self, written: Section, requirements: Path | None) -> str:
        """The Python that an environment.yml asks for; empty where none does, or a base has it."""
        python = conda.python_of(requirements) if requirements else ""
        if not python or not requirements or written.has("base"):
            return ""
        if written.has("python") and written.get("python") != python:
            problem = f"{requirements.name} asks for another Python"
            todo = "correct one of them"
            came = f'"{written.get("python")}"'
            error = SettingsError(problem, expected=f'"{python}"', came=came, todo=todo)
            self.faults.add(written.at("python"), error)
        elif python not in PYTHONS:
            problem = f"{requirements.name} asks for Python {python}, which no Debian has"
            todo = f"change it, or give the service a `base` with it, such as python:{python}-slim"
            error = SettingsError(problem, expected=f"one of {', '.join(PYTHONS)}", todo=todo)
            self.faults.add(written.at("requirements"), error)
        return python

    def _python(self, written: Section, saved: Saved) -> str:
        of_base = written.has("base")
        usual = "" if of_base else DEFAULT_PYTHON
        python: str = written.get("python", saved.python or usual)
        if saved.python in (None, python) and python in (
            *PYTHONS,
            *(BASE_PYTHONS if of_base else ()),
            usual,
        ):
            return python
        if saved.python in (None, python) and written.has("python"):
            expected = '"3.9", "3.11" or "3.13"'
            todo = f"choose one of Debian's, or a `base` with it, such as python:{python}-slim"
            error = SettingsError(expected=expected, came=f'"{python}"', todo=todo)
            self.faults.add(written.at("python"), error)
            return python
        if written.has("python"):
            problem = "the MLflow model was saved with another Python"
            expected = f'"{saved.python}", as its python_env.yaml says'
            todo = "correct it, or give the service `requirements` of its own"
            error = SettingsError(problem, expected=expected, came=f'"{python}"', todo=todo)
            self.faults.add(written.at("python"), error)
        else:
            problem = f"the MLflow model was saved with Python {python}, which no image has"
            todo = "save it with one of these, or write `python` and `requirements` for it"
            error = SettingsError(problem, expected=f"one of {', '.join(PYTHONS)}", todo=todo)
            self.faults.add(written.at("model"), error)
        return python

    def _shared(
        self, parts: Mapping[str, Section], written: Section, own: Mapping[str, Environment]
    ) -> Environment | None:
        owner = written.get("environment")
        if owner is None:
            return None
        at = written.at("environment")
        if owner not in parts:
            meant = nearest(owner, parts)
            todo = f"did you mean {meant}?" if meant else ""
            self.faults.add(at, SettingsError(f"no service or step is named {owner}", todo=todo))
        elif parts[owner].has("environment"):
            further = parts[owner].get("environment")
            problem = f"{owner} has no environment of its own"
            todo = f"name {further}" if further != owner else "remove it"
            self.faults.add(at, SettingsError(problem, todo=todo))
        for key in _OWN:
            if written.has(key):
                problem = f"comes from the environment of {owner}"
                todo = "remove it, or `environment`"
                self.faults.add(written.at(key), SettingsError(problem, todo=todo))
        return own.get(owner)

    def _source(self, written: Section) -> Path | None:
        """The folder of the code; None, and a fault, when it is none or lies elsewhere."""
        name: str = written.get("source", ".")
        source = self.folder / name
        at = written.at("source")
        if not _inside(source, self.folder):
            todo = "copy the folder here; a link does not travel with the app"
            self.faults.add(at, SettingsError("leads out of the app's folder", todo=todo))
        elif not source.is_dir():
            came = "a file" if source.exists() else "nothing there"
            self.faults.add(at, SettingsError(expected=f"a folder {name}", came=came))
        else:
            return source
        return None

    def _requirements(self, written: Section, source: Path | None) -> Path | None:
        if source is None or written.has("graph"):
            return None
        name: str | None = written.get("requirements")
        if name is None:
            return None if written.has("environment") else _usual_requirements(source)
        for path in (source / name, self.folder / name):
            if path.is_file() and _inside(path, self.folder):
                return path
        error = SettingsError(expected=f"a file {name}", came="nothing there")
        self.faults.add(written.at("requirements"), error)
        return None


def _served(written: Section) -> ServedModel | None:
    """The model that a flavour serves; None where there is not exactly one."""
    flavour: str | None = written.get("flavour")
    models: tuple[str, ...] = written.get("model", ())
    if flavour is None or len(models) != 1:
        return None
    return ServedModel(flavour, PurePosixPath(models[0]))


def _usual_requirements(source: Path) -> Path | None:
    """The most exact first. A pyproject.toml that only configures tools asks for nothing."""
    if (source / "uv.lock").is_file():
        return source / "uv.lock"
    project = source / "pyproject.toml"
    if project.is_file() and re.search(rb"^\s*\[project\]", project.read_bytes(), re.MULTILINE):
        return project
    names = ("requirements.txt", *conda.NAMES)
    return next((source / name for name in names if (source / name).is_file()), None)


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder)
